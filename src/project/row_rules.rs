//! Rules over a row as a schema names them; whether their SQL can be run is checked by `model`.

use std::sync::Arc;

use super::forms::{RowRuleForm, Text};
use super::schema::{Use, find};
use crate::contract::{Field, Protection, RowRule, RulePlace};
use crate::diagnostic::{Fault, SourceFile};
use crate::names::is_identifier;

/// The rules of a schema.
pub fn resolve(file: &Arc<SourceFile>, forms: &[RowRuleForm], (purpose, fields): (Use, &[Field]), faults: &mut Vec<Fault>) -> Vec<RowRule> {
    if let Some(first) = forms.first().filter(|_| purpose == Use::Reference) {
        faults.push(Fault::error(file, first.name.span(), "rules are for what offices send, not for tables of the project"));
    }
    let mut rules: Vec<RowRule> = Vec::new();
    for form in forms {
        check_name(file, &form.name, &rules, faults);
        check_message(file, &form.message.en, faults);
        check_message(file, &form.message.fr, faults);
        rules.push(RowRule {
            name: form.name.get_ref().as_str().into(),
            expression: form.expression.get_ref().clone(),
            field: form.field.as_ref().and_then(|text| field(file, text, fields, faults)),
            message_en: form.message.en.get_ref().trim().to_owned(),
            message_fr: form.message.fr.get_ref().trim().to_owned(),
            place: RulePlace { file: file.clone(), name: form.name.span(), expression: form.expression.span() },
        });
    }
    rules
}

fn check_name(file: &Arc<SourceFile>, name: &Text, known: &[RowRule], faults: &mut Vec<Fault>) {
    if !is_identifier(name.get_ref()) {
        faults.push(
            Fault::error(file, name.span(), format!("`{}` cannot be a rule's name", name.get_ref()))
                .hint("use a lower-case letter, then lower-case letters, digits and `_`"),
        );
    }
    if known.iter().any(|rule| *rule.name == **name.get_ref()) {
        faults.push(Fault::error(file, name.span(), format!("the rule `{}` stands twice", name.get_ref())));
    }
}

/// A message is there, and quotes no cell: it is shown of every row, also of those whose cells are protected.
fn check_message(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) {
    if text.get_ref().trim().is_empty() {
        faults.push(Fault::error(file, text.span(), "the message is empty").hint("say what is wrong with a row that breaks the rule"));
    }
    if text.get_ref().contains(['{', '}']) {
        faults.push(Fault::error(file, text.span(), "a message of a rule quotes no cell, so that it has no `{…}`").hint("name the fields in words"));
    }
}

fn field(file: &Arc<SourceFile>, text: &Text, fields: &[Field], faults: &mut Vec<Fault>) -> Option<usize> {
    let index = find(file, text, fields, faults)?;
    if fields[index].protection == Protection::Direct {
        faults.push(Fault::error(file, text.span(), format!("`{}` stops at the reader, so no row can be at fault there", text.get_ref())));
    }
    Some(index)
}
