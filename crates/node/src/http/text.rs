//! Text from outside, made fit for a log line or a page.

use std::fmt::{self, Write as _};

/// Characters of a foreign text that a log line shows.
const SHOWN_MAX: usize = 80;

/// Shows a text in one line: control characters, line breaks and marks that turn the writing direction are escaped,
/// what is long is cut.
#[derive(Clone, Copy)]
pub struct Plain<'a>(pub &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shown, c) in self.0.chars().enumerate() {
            if shown == SHOWN_MAX {
                return f.write_char('…');
            }
            if is_unruly(c) {
                write!(f, "{}", c.escape_unicode())?
            } else {
                f.write_char(c)?
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Line and paragraph separators, zero-width and bidi marks, variation tags.
fn is_unruly(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Text as HTML text or attribute value.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_steer_a_terminal_is_escaped() {
        let name = "A\u{1b}[31mB\nINFO forged\r\u{202e}x\u{7f}\u{85}\u{2028}";
        let shown = Plain(name).to_string();
        assert_eq!(shown, r"A\u{1b}[31mB\u{a}INFO forged\u{d}\u{202e}x\u{7f}\u{85}\u{2028}");
        assert_eq!(Plain("Пресс-служба").to_string(), "Пресс-служба");
        assert_eq!(Plain(&"x".repeat(1_000)).to_string().chars().count(), SHOWN_MAX + 1);
    }

    #[test]
    fn html_is_escaped() {
        assert_eq!(
            html(r#"<a href="x" id='y'>&"#),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;"
        );
    }
}
