//! What the marketplace knows before any seller comes: categories, their characteristics, directories, warehouses.

mod directories;
mod subjects;

pub(crate) use self::{
    directories::{BRANDS, COLORS, COUNTRIES, FORBIDDEN_WORDS, KINDS, SEASONS, VAT, WAREHOUSES, Warehouse},
    subjects::{PARENTS, SUBJECTS},
};

/// The language of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Locale {
    #[default]
    Ru,
    En,
}

impl Locale {
    /// By the query's `locale`. Chinese is answered in English, anything else as if nothing had been said.
    pub(crate) fn of(name: Option<&str>) -> Self {
        match name {
            Some("en" | "zh") => Self::En,
            _ => Self::Ru,
        }
    }
}

/// One name in both languages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    pub(crate) ru: &'static str,
    pub(crate) en: &'static str,
}

impl Words {
    pub(crate) const fn of(self, locale: Locale) -> &'static str {
        match locale {
            Locale::Ru => self.ru,
            Locale::En => self.en,
        }
    }
}

/// A parent category.
#[derive(Debug)]
pub(crate) struct Parent {
    pub(crate) id: u64,
    pub(crate) name: Words,
}

/// What a seller may list.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) id: u64,
    pub(crate) parent: u64,
    pub(crate) name: Words,
    /// Percent, for goods that the marketplace stores; the other models of sale differ by fixed steps.
    pub(crate) commission: f64,
    pub(crate) description_chars_max: usize,
    /// Whether its goods come in sizes, like shoes.
    pub(crate) sized: bool,
    /// Customs codes, and whether each needs a marking code.
    pub(crate) tnved: &'static [(&'static str, bool)],
    /// What people look for when they want it, the most frequent first.
    pub(crate) searches: &'static [&'static str],
    pub(crate) charcs: &'static [Charc],
}

/// A characteristic of a subject.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charc {
    pub(crate) id: u64,
    pub(crate) name: Words,
    pub(crate) required: bool,
    pub(crate) popular: bool,
    pub(crate) unit: &'static str,
    pub(crate) kind: Kind,
}

/// What values it takes; the samples fill the seeded cards.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// `charcType` 1: an array of strings, at most `max` of them (0: any number).
    Strings { max: usize, samples: &'static [&'static str] },
    /// `charcType` 4: one number.
    Number { samples: &'static [u32] },
}

impl Charc {
    /// The same, where a subject insists on it.
    const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

/// The subject with this id.
pub(crate) fn subject(id: u64) -> Option<&'static Subject> {
    SUBJECTS.iter().find(|subject| subject.id == id)
}

impl Subject {
    /// Its parent's name.
    pub(crate) fn parent_name(&self, locale: Locale) -> &'static str {
        PARENTS.iter().find(|parent| parent.id == self.parent).map_or("", |parent| parent.name.of(locale))
    }

    /// Its characteristic with this id.
    pub(crate) fn charc(&self, id: u64) -> Option<&'static Charc> {
        self.charcs.iter().find(|charc| charc.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_subject_has_a_parent_and_something_that_must_be_filled() {
        for subject in SUBJECTS {
            assert!(!subject.parent_name(Locale::Ru).is_empty(), "{subject:?}");
            assert!(subject.charcs.iter().any(|charc| charc.required), "{subject:?}");
            let ids: HashSet<_> = subject.charcs.iter().map(|charc| charc.id).collect();
            assert_eq!(ids.len(), subject.charcs.len(), "{subject:?}");
        }
        let ids: HashSet<_> = SUBJECTS.iter().map(|subject| subject.id).collect();
        assert_eq!(ids.len(), SUBJECTS.len());
    }

    #[test]
    fn one_id_is_one_characteristic_everywhere() {
        let mut seen = std::collections::HashMap::new();
        for charc in SUBJECTS.iter().flat_map(|subject| subject.charcs) {
            assert_eq!(*seen.entry(charc.id).or_insert(charc.name.ru), charc.name.ru, "characteristic {}", charc.id);
        }
    }
}
