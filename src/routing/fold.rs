//! Text made comparable: lower case in any script, cut into words at everything that is neither letter nor digit.

/// The words of a text, folded. `ё` reads as `е`, as Russians write it.
pub(super) fn words(text: &str) -> Vec<String> {
    let is_inner = |c: char| c.is_alphanumeric() || is_mark(c);
    let raw = text.split(|c: char| !is_inner(c)).filter(|word| word.chars().any(char::is_alphanumeric));
    raw.map(fold).collect()
}

/// Marks that belong to the letter before them: a word does not end at an accent.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{200c}' | '\u{200d}')
}

fn fold(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).map(|c| if c == 'ё' { 'е' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_end_at_borders_in_any_script() {
        assert_eq!(words("What's the PRICE?"), ["what", "s", "the", "price"]);
        assert_eq!(words("Моя ЦЕНА—1500₽, ещё"), ["моя", "цена", "1500", "еще"]);
        assert_eq!(words("  …!? "), Vec::<String>::new());
        assert_eq!(words("Straße 7б"), ["straße", "7б"]);
    }
}
