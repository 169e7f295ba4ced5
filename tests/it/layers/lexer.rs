//! Just enough of Rust's tokens to find paths: words, `::` and punctuation, with line and enclosing inline modules.

use std::rc::Rc;

/// A piece of source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// An identifier, keyword or number.
    Word(String),
    /// `::`
    Sep,
    /// Any other single character.
    Punct(char),
}

/// A token and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) token: Token,
    /// From 1.
    pub(super) line: usize,
    /// The inline modules around it, outermost first.
    pub(super) scope: Rc<[String]>,
}

impl Placed {
    pub(super) fn is(&self, punct: char) -> bool {
        self.token == Token::Punct(punct)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Word(own) if own == word)
    }

    /// Whether it stands in a module of unit tests.
    pub(super) fn in_tests(&self) -> bool {
        self.scope.iter().any(|name| name == "tests")
    }
}

/// Cuts source into tokens. Comments, strings and characters leave none.
pub(super) fn lex(source: &str) -> Vec<Placed> {
    let mut lexer = Lexer { rest: source, line: 1, tokens: Vec::new() };
    while !lexer.rest.is_empty() {
        lexer.step();
    }
    with_scopes(lexer.tokens)
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<(usize, Token)>,
}

impl Lexer<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(block_comment(rest));
        } else if let Some(length) = string(rest).or_else(|| character(rest)) {
            self.skip(length);
        } else if rest.starts_with("::") {
            self.push(Token::Sep, 2);
        } else {
            let first = rest.chars().next().unwrap_or(' ');
            let word = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
            match word {
                0 if first.is_whitespace() => self.skip(first.len_utf8()),
                0 => self.push(Token::Punct(first), first.len_utf8()),
                length => self.push(Token::Word(rest[..length].to_owned()), length),
            }
        }
    }

    fn push(&mut self, token: Token, length: usize) {
        self.tokens.push((self.line, token));
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.rest.split_at(length);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    for (at, _) in rest.char_indices() {
        if rest[at..].starts_with("/*") {
            depth += 1;
        } else if rest[..at].ends_with("*/") && at > 2 {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    rest.len()
}

/// The length of a string literal at the start of `rest`: plain, byte, C or raw.
fn string(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c| !matches!(c, 'b' | 'c' | 'r'))?;
    if prefix > 2 {
        return None;
    }
    let body = &rest[prefix..];
    if rest[..prefix].ends_with('r') {
        let hashes = body.find(|c| c != '#')?;
        let inner = body[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        return Some(prefix + hashes + 1 + inner.find(&end).map_or(inner.len(), |at| at + end.len()));
    }
    let inner = body.strip_prefix('"')?;
    Some(prefix + 1 + until_quote(inner, '"'))
}

/// The length of a character literal; none for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    let mut chars = inner.chars();
    let (first, second) = (chars.next()?, chars.next()?);
    (first == '\\' || second == '\'').then(|| 1 + until_quote(inner, '\''))
}

fn until_quote(inner: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    inner.len()
}

/// Notes for each token which `mod name { … }` are open around it.
fn with_scopes(tokens: Vec<(usize, Token)>) -> Vec<Placed> {
    let mut open: Vec<Option<String>> = Vec::new();
    let mut scope: Rc<[String]> = Rc::new([]);
    let mut placed: Vec<Placed> = Vec::with_capacity(tokens.len());
    for (line, token) in tokens {
        match token {
            Token::Punct('{') => open.push(module_name(&placed)),
            Token::Punct('}') => drop(open.pop()),
            _ => {
                placed.push(Placed { token, line, scope: Rc::clone(&scope) });
                continue;
            }
        }
        scope = open.iter().flatten().cloned().collect();
        placed.push(Placed { token, line, scope: Rc::clone(&scope) });
    }
    placed
}

fn module_name(before: &[Placed]) -> Option<String> {
    match before {
        [.., keyword, Placed { token: Token::Word(name), .. }] if keyword.is_word("mod") => Some(name.clone()),
        _ => None,
    }
}
