//! A text as words, numbers and the breaks between them.

use super::{
    amend::amend,
    lexicon::{self, matches},
    number::{self, Number},
    spelled,
};

/// How much a break separates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Break {
    /// `and`, `и`, `+`.
    Soft,
    /// A comma.
    Comma,
    /// The end of a sentence or a line.
    Hard,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A word in lower case, with `е` for `ё`.
    Word(String),
    /// A number, by its place among the numbers.
    Number(usize),
    /// What separates.
    Break(Break),
}

/// A text that was taken apart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Words {
    /// In order. Dashes, colons, quotes and brackets are left out.
    pub tokens: Vec<Token>,
    /// The numbers that the tokens name.
    pub numbers: Vec<Number>,
}

impl Words {
    /// Takes a text apart.
    pub fn read(text: &str) -> Self {
        let numbers = numbers(text);
        let mut tokens = Vec::new();
        let mut at = 0;
        for (index, number) in numbers.iter().enumerate() {
            words_of(&text[at..number.span.start], &mut tokens);
            tokens.push(Token::Number(index));
            at = number.span.end;
        }
        words_of(&text[at..], &mut tokens);
        amend(Self { tokens, numbers })
    }

    /// The length in tokens of the longest of `phrases` that begins at `at`.
    pub fn phrase_at(&self, at: usize, phrases: &[&str]) -> Option<usize> {
        phrases.iter().filter(|phrase| self.begins(at, phrase)).map(|phrase| phrase.split(' ').count()).max()
    }

    /// Whether one of `phrases` stands anywhere.
    pub fn has(&self, phrases: &[&str]) -> bool {
        (0..self.tokens.len()).any(|at| self.phrase_at(at, phrases).is_some())
    }

    /// Whether the text is one of `phrases` and nothing else.
    pub fn is(&self, phrases: &[&str]) -> bool {
        let words = self.tokens.iter().take_while(|token| matches!(token, Token::Word(_))).count();
        let rest_is_quiet = self.tokens[words..].iter().all(|token| matches!(token, Token::Break(_)));
        words > 0 && rest_is_quiet && self.phrase_at(0, phrases) == Some(words)
    }

    fn begins(&self, at: usize, phrase: &str) -> bool {
        phrase.split(' ').enumerate().all(|(offset, pattern)| {
            matches!(self.tokens.get(at + offset), Some(Token::Word(word)) if matches(pattern, word))
        })
    }
}

/// The numbers in digits and, between them, those in words.
fn numbers(text: &str) -> Vec<Number> {
    let mut all = Vec::new();
    let mut at = 0;
    for number in number::read(text) {
        all.extend(spelled::read(&text[at..number.span.start], at));
        at = number.span.end;
        all.push(number);
    }
    all.extend(spelled::read(&text[at..], at));
    all
}

fn words_of(text: &str, tokens: &mut Vec<Token>) {
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let width = if first.is_alphabetic() { word_width(rest) } else { first.len_utf8() };
        let (piece, tail) = rest.split_at(width);
        if first.is_alphabetic() {
            tokens.push(word_token(piece));
        } else if let Some(found) = break_of(first, tail) {
            tokens.push(Token::Break(found));
        }
        rest = tail;
    }
}

/// `с/с` and `don't` are one word.
fn word_width(text: &str) -> usize {
    let plain = |text: &str| text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let width = plain(text);
    let rest = &text[width..];
    let joins = rest.starts_with(['\'', '’']) || (rest.starts_with('/') && text[..width].chars().count() == 1);
    let skip = rest.chars().next().filter(|_| joins).map_or(0, char::len_utf8);
    if skip > 0 && rest[skip..].starts_with(char::is_alphabetic) { width + skip + plain(&rest[skip..]) } else { width }
}

fn word_token(piece: &str) -> Token {
    let word = piece.to_lowercase().replace('ё', "е").replace('’', "'");
    if lexicon::SOFT.contains(&word.as_str()) { Token::Break(Break::Soft) } else { Token::Word(word) }
}

fn break_of(c: char, tail: &str) -> Option<Break> {
    match c {
        ',' | '，' => Some(Break::Comma),
        '\n' | ';' | '!' | '?' | '|' => Some(Break::Hard),
        '.' if !tail.starts_with(char::is_alphanumeric) => Some(Break::Hard),
        '+' | '&' => Some(Break::Soft),
        _ => None,
    }
}
