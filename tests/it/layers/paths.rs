//! Finds every path that a file names, in `use` trees and in code, and writes it from the crate's root.

use std::collections::BTreeSet;

use super::lexer::{Placed, Token};

/// A path as the rules see it: `crate::store::sql::SqlStore`, or `sea_orm::Database` of another crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) path: Vec<String>,
    pub(super) in_tests: bool,
}

/// All paths of two or more names, and all that is imported. `module` is the file's own place, from the crate's root.
pub(super) fn paths(tokens: &[Placed], module: &[String]) -> Vec<Named> {
    let mut finder = Finder { tokens, module, children: children(tokens), found: Vec::new() };
    let mut at = 0;
    while at < tokens.len() {
        at = finder.step(at);
    }
    finder.found
}

struct Finder<'a> {
    tokens: &'a [Placed],
    module: &'a [String],
    children: BTreeSet<&'a str>,
    found: Vec<Named>,
}

impl Finder<'_> {
    fn step(&mut self, at: usize) -> usize {
        let here = &self.tokens[at];
        // `use<'a>` in a type is no import.
        if here.is_word("use") && !self.tokens.get(at + 1).is_none_or(|next| next.is('<')) {
            return self.tree(at + 1, &mut Vec::new());
        }
        let follows = at > 0 && (self.tokens[at - 1].token == Token::Sep || self.tokens[at - 1].is('.'));
        if follows || !matches!(here.token, Token::Word(_)) {
            return at + 1;
        }
        let mut path = Vec::new();
        let end = self.straight(at, &mut path);
        if path.len() > 1 {
            self.note(at, &path);
        }
        end
    }

    /// Reads `a::b::c`; answers where it ends.
    fn straight(&self, mut at: usize, path: &mut Vec<String>) -> usize {
        while let Some(Placed { token: Token::Word(name), .. }) = self.tokens.get(at) {
            path.push(name.clone());
            at += 1;
            if self.tokens.get(at).is_none_or(|next| next.token != Token::Sep) {
                break;
            }
            at += 1;
        }
        at
    }

    /// Reads `a::{b, c::{d, self}, e::*, f as g}`; answers where it ends.
    fn tree(&mut self, at: usize, prefix: &mut Vec<String>) -> usize {
        let depth = prefix.len();
        let mut end = self.straight(at + usize::from(self.tokens[at].token == Token::Sep), prefix);
        match self.tokens.get(end) {
            Some(open) if open.is('{') => {
                end += 1;
                while self.tokens.get(end).is_some_and(|next| !next.is('}')) {
                    end = self.tree(end, prefix);
                    end += usize::from(self.tokens.get(end).is_some_and(|next| next.is(',')));
                }
                end += 1;
            }
            Some(star) if star.is('*') => {
                self.note(at, prefix);
                end += 1;
            }
            _ => {
                self.note(at, prefix);
                if self.tokens.get(end).is_some_and(|next| next.is_word("as")) {
                    end += 2;
                }
            }
        }
        prefix.truncate(depth);
        // Whatever stands here is no part of a tree: go on behind it, so that broken source cannot hold the reader.
        end.max(at + 1)
    }

    fn note(&mut self, at: usize, path: &[String]) {
        let here = &self.tokens[at];
        if let Some(path) = self.resolved(here, path) {
            self.found.push(Named { line: here.line, path, in_tests: here.in_tests() });
        }
    }

    fn resolved(&self, here: &Placed, path: &[String]) -> Option<Vec<String>> {
        let mut base: Vec<String> = self.module.iter().chain(here.scope.iter()).cloned().collect();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" | "switchboard" => {
                base.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while let Some((_, behind)) = rest.split_first().filter(|(first, _)| *first == "super") {
                    base.pop();
                    rest = behind;
                }
            }
            child if here.scope.is_empty() && self.children.contains(child) => {}
            _ => return Some(path.to_vec()),
        }
        let root = std::iter::once("crate".to_owned());
        Some(root.chain(base).chain(rest.iter().cloned()).collect())
    }
}

/// The modules that this file declares; a path may begin with one.
fn children(tokens: &[Placed]) -> BTreeSet<&str> {
    let pairs = tokens.windows(2).filter(|pair| pair[0].is_word("mod") && pair[0].scope.is_empty());
    pairs.filter_map(|pair| if let Token::Word(name) = &pair[1].token { Some(name.as_str()) } else { None }).collect()
}
