//! Faults in the project's files: where, what, and what to do; and their rendering with the source shown.
//!
//! Guarantees: a fault keeps a byte range; line and column are computed only when shown.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::json;

/// A text file of the project, named by its path inside the project folder.
#[derive(Debug)]
pub struct SourceFile {
    /// The path as the user would type it from the project folder.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl SourceFile {
    /// Line and column of a byte offset, both from 1; columns count characters.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        (line, before[start..].chars().count() + 1)
    }
}

/// How much a fault weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Nothing runs until it is mended.
    Error,
    /// Worth mending; nothing is stopped.
    Warning,
}

/// One fault of the project.
#[derive(Debug, Clone)]
pub struct Fault {
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, in lower case without a full stop.
    pub message: String,
    /// The file it stands in.
    pub file: Arc<SourceFile>,
    /// The bytes of the file that are at fault; empty for the file as a whole.
    pub span: Range<usize>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault that stops everything.
    pub fn error(file: &Arc<SourceFile>, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, message: message.into(), file: file.clone(), span, hint: None }
    }

    /// A fault that only warns.
    pub fn warning(file: &Arc<SourceFile>, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(file, span, message) }
    }

    /// A fault of something that has no text to point at: a missing file, a folder.
    pub fn of_path(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::error(&Arc::new(SourceFile { path: path.into(), text: String::new() }), 0..0, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a hint where there is one.
    #[must_use]
    pub fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// The fault as a reader of JSON gets it.
    pub fn to_json(&self) -> serde_json::Value {
        let (line, column) = self.file.position(self.span.start);
        json!({
            "severity": if self.severity == Severity::Error { "error" } else { "warning" },
            "file": self.file.path,
            "line": line,
            "column": column,
            "message": self.message,
            "hint": self.hint,
        })
    }

    /// The fault with its source line, as a terminal shows it.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let level = if self.severity == Severity::Error { Level::ERROR } else { Level::WARNING };
        let title = level.primary_title(self.message.as_str());
        let mut group = if self.file.text.is_empty() {
            Group::with_title(title).element(annotate_snippets::Origin::path(self.file.path.as_str()))
        } else {
            let span = clamp(&self.span, &self.file.text);
            Group::with_title(title)
                .element(Snippet::source(self.file.text.as_str()).path(self.file.path.as_str()).annotation(AnnotationKind::Primary.span(span)))
        };
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        renderer.render(&[group])
    }
}

fn clamp(span: &Range<usize>, text: &str) -> Range<usize> {
    let mut start = span.start.min(text.len());
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    // A span of many lines (a whole table) is shown by its first line.
    if let Some(newline) = text[start..end].find('\n') {
        end = start + newline;
    }
    start..end
}

/// Sorts faults as a reader goes through them: by file, then by place.
pub fn sort(faults: &mut [Fault]) {
    faults.sort_by(|a, b| (&a.file.path, a.span.start, &a.message).cmp(&(&b.file.path, b.span.start, &b.message)));
}

/// The nearest of `names` to `word`, as a hint; nothing where none is near.
pub fn did_you_mean<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, names).map(|name| format!("did you mean `{name}`?"))
}

/// The nearest of `names` to `word` by edit distance, within a third of its length.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let limit = (length / 3).max(1);
    // Names of another length are that far away at least; a whole file in place of a word is not compared.
    let may_be_near = |name: &&str| length.abs_diff(name.chars().count()) <= limit;
    names
        .into_iter()
        .filter(may_be_near)
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let file = SourceFile { path: "a.toml".into(), text: "é = 1\nname = 2\n".into() };
        assert_eq!(file.position(0), (1, 1));
        assert_eq!(file.position(3), (1, 3), "é is one column though two bytes");
        assert_eq!(file.position(7), (2, 1));
    }

    #[test]
    fn nearest_offers_only_what_is_near() {
        assert_eq!(nearest("derparted_on", ["departed_on", "sex"]), Some("departed_on"));
        assert_eq!(nearest("zebra", ["departed_on", "sex"]), None);
    }
}
