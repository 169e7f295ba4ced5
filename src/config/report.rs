//! The errors of a config as a person at a terminal sees them: with the line, and a mark under what is wrong.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceSpan};

use super::{
    error::{ConfigErrors, Finding},
    tree::Place,
};

/// How wide a report is, in columns.
const COLUMNS: usize = 120;

impl ConfigErrors {
    /// The errors with the lines of the file that they are about, secrets blotted out. `colour`: for a terminal.
    pub fn render(&self, colour: bool) -> String {
        let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler =
            GraphicalReportHandler::new_themed(theme).with_width(COLUMNS).with_context_lines(1).with_links(false);
        let code = self.text.as_ref().map(|text| NamedSource::new(&self.source, text.to_string()));
        let mut rendered = String::new();
        for finding in &self.findings {
            let shown = Shown { finding, errors: self, code: code.as_ref() };
            if handler.render_report(&mut rendered, &shown).is_err() {
                // Writing to a string cannot fail; a report that cannot be drawn is still told.
                rendered.push_str(&finding.line(&self.source));
            }
            rendered.push('\n');
        }
        rendered
    }
}

struct Shown<'a> {
    finding: &'a Finding,
    errors: &'a ConfigErrors,
    code: Option<&'a NamedSource<String>>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.finding.place, self.code) {
            // The frame around the lines says where.
            (Place::File(_), Some(_)) => self.finding.rule.fmt(f),
            _ => f.write_str(&self.finding.line(&self.errors.source)),
        }
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        matches!(self.finding.place, Place::File(_)).then_some(())?;
        self.code.map(|code| code as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let Place::File(span) = &self.finding.place else { return None };
        let at = SourceSpan::from((span.offset, span.bytes.max(1)));
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(Some("here".into()), at))))
    }
}
