//! "Did you mean": the known word nearest to an unknown one.

/// What to say about an unknown word: the nearest known one, or all of them.
pub fn did_you_mean(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "remove it".to_owned(),
        None => format!("known are {}", list(known)),
    }
}

/// The words in backquotes, with commas.
pub fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The nearest known word, if it is near enough to be meant.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let allowed = (word.chars().count() / 3).max(1);
    let plain = |text: &str| text.replace('_', "");
    if let Some(same) = known.iter().find(|candidate| plain(candidate) == plain(&word)) {
        return Some(same);
    }
    known
        .iter()
        .map(|candidate| (distance(&word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Edit distance in which two swapped neighbours count once.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_suggested_and_far_ones_listed() {
        let known = ["filter", "flat_map", "key_by", "map"];
        for (word, expect) in [
            ("fliter", "did you mean `filter`?"),
            ("keyby", "did you mean `key_by`?"),
            ("flatMap", "did you mean `flat_map`?"),
            ("mpa", "did you mean `map`?"),
            ("explode", "known are `filter`, `flat_map`, `key_by`, `map`"),
        ] {
            assert_eq!(did_you_mean(word, &known), expect);
        }
        assert_eq!(did_you_mean("x", &[]), "remove it");
    }
}
