//! Text made comparable: lower case in any script, cut into words at everything that is neither letter nor digit.
//!
//! Scripts that are written without spaces have no such borders: there, each character is a word, so a word of several
//! characters is found like a phrase, wherever it stands.

/// The words of a text, folded. `ё` reads as `е`, as Russians write it.
pub(super) fn words(text: &str) -> Vec<String> {
    let is_inner = |c: char| c.is_alphanumeric() || is_mark(c);
    let raw = text.split(|c: char| !is_inner(c)).filter(|word| word.chars().any(char::is_alphanumeric));
    raw.flat_map(|word| pieces(&fold(word))).collect()
}

/// Whether a word is one character of a script that is written without spaces.
pub(super) fn is_unspaced(word: &str) -> bool {
    word.chars().next().is_some_and(is_unspaced_char)
}

/// Cuts out the characters that are words by themselves; a mark stays with what it marks.
fn pieces(word: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut joins = false;
    for c in word.chars() {
        let unspaced = is_unspaced_char(c);
        match pieces.last_mut() {
            Some(last) if !c.is_alphanumeric() || (joins && !unspaced) => last.push(c),
            _ => pieces.push(c.to_string()),
        }
        joins = if c.is_alphanumeric() { !unspaced } else { joins };
    }
    pieces
}

/// Chinese characters, the two syllabaries of Japanese, Thai, Lao, Burmese and Khmer.
fn is_unspaced_char(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
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

    #[test]
    fn without_spaces_each_character_is_a_word() {
        assert_eq!(words("这个价格3kg是多少"), ["这", "个", "价", "格", "3kg", "是", "多", "少"]);
        assert_eq!(words("iPhoneの値段"), ["iphone", "の", "値", "段"]);
        assert_eq!(words("가격이 얼마"), ["가격이", "얼마"]);
    }
}
