//! Numbers that change each other: `not 15 but 17`, `from 15 to 17`, `100 pieces for 50,000`.

use rust_decimal::Decimal;

use super::{
    lexicon,
    money::Unit,
    words::{Token, Words},
};

/// Leaves out numbers that no longer count, joins ranges, and turns the cost of a lot into the cost of a piece.
pub fn amend(mut words: Words) -> Words {
    let changes = words.has(lexicon::CHANGES);
    let mut at = 0;
    while at < words.tokens.len() {
        if denied(&words, at) || from_to(&mut words, at, changes) {
            let breaks = words.tokens[at + 1..].iter().take_while(|token| matches!(token, Token::Break(_))).count();
            words.tokens.drain(at..=at + breaks);
        } else {
            lot(&mut words, at);
            at += 1;
        }
    }
    words
}

/// `не 15` in `не 15, а 17`.
fn denied(words: &Words, at: usize) -> bool {
    let is_number = matches!(words.tokens[at], Token::Number(_));
    let denied = (1..=2).any(|length| at >= length && words.phrase_at(at - length, lexicon::DENIED) == Some(length));
    is_number && denied && words.tokens.iter().filter(|token| matches!(token, Token::Number(_))).count() > 1
}

/// `с 15 до 17` is 17; `от 15 до 17` is a range, and so is `from 15 to 17` where nothing was changed.
fn from_to(words: &mut Words, at: usize, changes: bool) -> bool {
    let (Some(Token::Number(low)), Some(Token::Number(high))) = (words.tokens.get(at), words.tokens.get(at + 2)) else {
        return false;
    };
    let (low, high) = (*low, *high);
    if words.phrase_at(at + 1, lexicon::CHANGED_TO).is_none() {
        return false;
    }
    let after = |phrases: &[&str]| at > 0 && words.phrase_at(at - 1, phrases).is_some();
    if after(lexicon::CHANGED_FROM) || (changes && after(lexicon::RANGE_FROM)) {
        return true;
    }
    if after(lexicon::RANGE_FROM) {
        words.numbers[low].up_to = Some(words.numbers[high].value);
        if words.numbers[low].unit == Unit::Bare {
            words.numbers[low].unit = words.numbers[high].unit;
        }
        words.tokens.drain(at + 1..=at + 2);
    }
    false
}

/// `100 шт за 50 000` is 500 for a piece, unless it says that each costs that.
fn lot(words: &mut Words, at: usize) {
    let (Some(Token::Number(pieces)), Some(Token::Number(whole))) = (words.tokens.get(at), words.tokens.get(at + 2))
    else {
        return;
    };
    let (pieces, whole) = (&words.numbers[*pieces], *whole);
    let each = (at + 3..at + 6).any(|next| words.phrase_at(next, lexicon::EACH).is_some());
    let in_all = words.phrase_at(at + 1, lexicon::IN_ALL).is_some() && pieces.unit == Unit::Pieces && !each;
    if in_all && pieces.value > Decimal::ONE && matches!(words.numbers[whole].unit, Unit::Bare | Unit::Money(_)) {
        let piece = words.numbers[whole].value / pieces.value;
        words.numbers[whole].value = piece.round_dp(2);
    }
}
