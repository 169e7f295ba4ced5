//! Cuts an expression into tokens.

use std::{iter::Peekable, str::CharIndices};

use rust_decimal::Decimal;

use super::error::CalculatorError;

/// What an expression is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Number(Decimal),
    Name(String),
    /// One of `+ - * / % ^ ( ) ,`.
    Sign(char),
}

/// A token, and the number of its first character, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) at: usize,
}

type Chars<'a> = Peekable<std::iter::Enumerate<CharIndices<'a>>>;

/// All tokens of a text; white space of any kind separates.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, CalculatorError> {
    let mut chars = text.char_indices().enumerate().peekable();
    let mut tokens = Vec::new();
    while let Some((at, (start, c))) = chars.peek().copied() {
        let token = if c.is_ascii_digit() || c == '.' {
            number(while_in(text, start, &mut chars, |c| c.is_ascii_digit() || c == '.'), at + 1)?
        } else if c.is_alphabetic() {
            Token::Name(while_in(text, start, &mut chars, char::is_alphanumeric).to_lowercase())
        } else {
            chars.next();
            match sign(c) {
                Some(sign) => Token::Sign(sign),
                None if c.is_whitespace() => continue,
                None => return Err(CalculatorError::BadCharacter(c, at + 1)),
            }
        };
        tokens.push(Placed { token, at: at + 1 });
    }
    Ok(tokens)
}

/// The longest piece from `start` on whose characters pass.
fn while_in<'a>(text: &'a str, start: usize, chars: &mut Chars<'_>, passes: impl Fn(char) -> bool) -> &'a str {
    while chars.next_if(|(_, (_, c))| passes(*c)).is_some() {}
    let end = chars.peek().map_or(text.len(), |(_, (end, _))| *end);
    &text[start..end]
}

fn number(text: &str, at: usize) -> Result<Token, CalculatorError> {
    let bad = || CalculatorError::BadNumber(text.chars().take(40).collect(), at);
    if text.ends_with('.') {
        return Err(bad());
    }
    Decimal::from_str_exact(text).map(Token::Number).map_err(|_| bad())
}

/// The signs, also as people and models type them.
fn sign(c: char) -> Option<char> {
    match c {
        '+' | '-' | '*' | '/' | '%' | '^' | '(' | ')' | ',' => Some(c),
        '×' | '·' => Some('*'),
        '÷' | ':' => Some('/'),
        '−' | '–' => Some('-'),
        _ => None,
    }
}
