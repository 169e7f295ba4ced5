//! docs/configuration.md shows real output.

use std::path::PathBuf;

use super::super::{Config, Source};

const DOCUMENT: &str = include_str!("../../../docs/configuration.md");

fn block(opening: &str, number: usize) -> &'static str {
    let after = DOCUMENT.split(&format!("```{opening}\n")).nth(number + 1).unwrap();
    after.split("```").next().unwrap()
}

#[test]
fn the_report_in_the_document_is_real() {
    let source = Source::File(PathBuf::from("config.yaml"));
    let errors = Config::from_text(block("yaml", 0), source, std::iter::empty()).unwrap_err();
    assert_eq!(block("text", 0), format!("{errors}\nconfig.yaml: {} errors\n", errors.findings().len()));
    assert!(errors.render(false).contains(block("text", 1)), "{}", errors.render(false));
}
