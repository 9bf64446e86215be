//! Documents with sections between marks, each written by one command and left alone by the
//! others.

use std::fs;

use crate::Result;
use crate::run::root;

/// Replaces a section of a page (`docs/…`); one that is not there yet comes last.
pub fn write(page: &str, section: &str, text: &str) -> Result<()> {
    let path = root()?.join(page);
    let whole = fs::read_to_string(&path).map_err(|e| format!("{page}: {e}"))?;
    fs::write(&path, replaced(&whole, section, text)).map_err(|e| format!("{page}: {e}"))
}

fn replaced(page: &str, section: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- begin {section} -->"), format!("<!-- end {section} -->"));
    let written = format!("{begin}\n{}\n{end}", text.trim());
    let place = page
        .find(&begin)
        .and_then(|start| Some((start, start + page.get(start..)?.find(&end)? + end.len())));
    match place {
        Some((start, stop)) => {
            format!(
                "{}{written}{}",
                page.get(..start).unwrap_or_default(),
                page.get(stop..).unwrap_or_default()
            )
        }
        None => format!("{}\n\n{written}\n", page.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let page = replaced("# Page\n", "a", "one\n");
        let page = replaced(&page, "b", "two");
        let page = replaced(&page, "a", "three");
        let lines: Vec<&str> = page.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(
            lines,
            [
                "# Page",
                "<!-- begin a -->",
                "three",
                "<!-- end a -->",
                "<!-- begin b -->",
                "two",
                "<!-- end b -->"
            ]
        );
    }
}
