//! Rust source as a flat row of tokens, so that a rule sees into macros and not into comments or strings.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A word, a number, one sign, or one bracket.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

/// The tokens in their order. A literal text is left out, but for its place: what it says is data.
pub(super) fn flatten(stream: TokenStream) -> Vec<Token> {
    let mut tokens = Vec::new();
    push(stream, &mut tokens);
    tokens
}

fn push(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(Token { text: open.to_owned(), line });
                push(group.stream(), tokens);
                tokens.push(Token { text: close.to_owned(), line: group.span_close().start().line });
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let text = if text.contains('"') { "\"\"".to_owned() } else { text };
                tokens.push(Token { text, line });
            }
            other => tokens.push(Token { text: other.to_string(), line }),
        }
    }
}

/// Where the pattern's words stand one after the other.
pub(super) fn find<'a>(tokens: &'a [Token], pattern: &'a [String]) -> impl Iterator<Item = &'a Token> {
    tokens
        .windows(pattern.len().max(1))
        .filter(move |window| window.iter().map(|token| &token.text).eq(pattern))
        .map(|window| &window[0])
}
