//! Secrets that stand in a pipeline although they may not: faults of the source show stars in their place.

use std::ops::Range;
use std::sync::Arc;

use super::forms::{SourceForm, Text};
use crate::diagnostic::SourceFile;
use crate::secret::Variable;

/// The file as faults of a source may show it: of the same length, so that places stay what they are.
pub fn veiled(file: &Arc<SourceFile>, form: &SourceForm) -> Arc<SourceFile> {
    let tokens = [form.web.as_ref().and_then(|web| web.get_ref().token.as_ref()), form.api.as_ref().and_then(|api| api.token.as_ref())];
    let tokens = tokens.into_iter().flatten().filter(|token| Variable::of(token.get_ref()).is_none()).map(Text::span);
    let written = &file.text[form.url.span()];
    let within = |part: Range<usize>| form.url.span().start + part.start..form.url.span().start + part.end;
    starred(file, tokens.chain(user(written).map(within)).chain(values(written).map(within)).collect())
}

/// The file with stars in these places.
pub fn starred(file: &Arc<SourceFile>, secrets: Vec<Range<usize>>) -> Arc<SourceFile> {
    if secrets.is_empty() {
        return file.clone();
    }
    let mut text = file.text.clone();
    for secret in secrets {
        let stars = "*".repeat(secret.len());
        text.replace_range(secret, &stars);
    }
    Arc::new(SourceFile { path: file.path.clone(), text })
}

/// The user and the password of a url as it is written.
fn user(written: &str) -> Option<Range<usize>> {
    let start = written.find("://")? + 3;
    let server = written[start..].find('/').map_or(written.len(), |at| start + at);
    let end = written[start..server].rfind('@')? + start;
    // `abfss://container@account/…` names no user.
    (!written.contains("abfs") || written[start..end].contains(':')).then_some(start..end)
}

/// The values of a query that look like secrets, as it is written.
fn values(written: &str) -> impl Iterator<Item = Range<usize>> {
    let start = written.find('?').map_or(written.len(), |at| at + 1);
    let query = written[start..].trim_end_matches(['"', '\'']);
    secret_pairs(query).map(move |(_, value)| {
        let at = start + (value.as_ptr() as usize - query.as_ptr() as usize);
        at..at + value.len()
    })
}

/// Pairs of a query that give access and stand there themselves, not by the name of a variable.
pub fn secret_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(name, value)| gives_access(name) && !value.contains("${"))
}

fn gives_access(name: &str) -> bool {
    const WORDS: [&str; 10] = ["token", "secret", "password", "passwd", "signature", "sig", "apikey", "key", "auth", "credential"];
    name.to_lowercase().split(['_', '-', '.']).any(|word| WORDS.contains(&word))
}
