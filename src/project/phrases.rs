//! Phrases of the program in English and French, for whoever speaks: a list of them makes their type. Holes are written `{0}`,
//! `{1}`, …

/// Makes the type `Word` of a list of phrases: `Name: "English", "French";`.
macro_rules! words {
    ($($name:ident: $en:literal, $fr:literal;)*) => {
        /// A word or phrase.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word { $($name),* }

        impl Word {
            /// Every word.
            #[cfg(test)]
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// It in a language.
            pub fn text(self, lang: $crate::project::Lang) -> &'static str {
                match (self, lang) {
                    $((Self::$name, $crate::project::Lang::En) => $en, (Self::$name, $crate::project::Lang::Fr) => $fr,)*
                }
            }
        }
    };
}
pub(crate) use words;

/// A text with its holes filled.
pub fn fill(text: &str, holes: &[&str]) -> String {
    let mut rest = text;
    let mut text = String::new();
    // Read from left to right, so that what fills a hole is never taken for one.
    while let Some((before, after)) = rest.split_once('{') {
        let (hole, after) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        text.push_str(hole.parse::<usize>().ok().and_then(|index| holes.get(index)).copied().unwrap_or_default());
        rest = after;
    }
    text.push_str(rest);
    text
}
