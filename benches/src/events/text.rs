//! The texts that codes stand for.

use super::random::mixed;

/// How many channels have a name and a number of their own: the codes below.
pub const GREAT: u32 = 4;
/// How many channels there are beside.
pub const OTHERS: u64 = 10_000;
/// The bit of a URL's code that says that it names its channel.
pub const WITH_ID: u32 = 1 << 30;

/// In the order of the numbers that `q21` gives them.
const CHANNELS: [&str; 4] = ["Apple", "Google", "Facebook", "Baidu"];

const WORDS: [&str; 16] = [
    "accordion",
    "blackcurrant",
    "cinnamon",
    "dragonfly",
    "electric",
    "foxglove",
    "gooseberry",
    "hummingbird",
    "icicle",
    "jackdaw",
    "kingfisher",
    "lighthouse",
    "mackerel",
    "nightshade",
    "oystercatcher",
    "pennywort",
];
/// How many `c` stand in each word.
const CS: [u8; 16] = {
    let (mut counts, mut word) = ([0; 16], 0);
    while word < 16 {
        let (letters, mut at) = (WORDS[word].as_bytes(), 0);
        while at < letters.len() {
            counts[word] += (letters[at] == b'c') as u8;
            at += 1;
        }
        word += 1;
    }
    counts
};

const FIRST: [&str; 8] = ["Ada", "Bela", "Chidi", "Dora", "Emil", "Frida", "Goran", "Hanna"];
const LAST: [&str; 8] = ["Adler", "Brook", "Castillo", "Dunn", "Eriksen", "Fonseca", "Grant", "Huang"];
const CITIES: [&str; 10] =
    ["Phoenix", "Palo Alto", "Seattle", "Portland", "Boise", "Bend", "Redmond", "Kent", "Cheyenne", "San Francisco"];
const STATES: [&str; 6] = ["AZ", "CA", "ID", "OR", "WA", "WY"];
const ITEMS: [&str; 8] = ["lamp", "chair", "clock", "carpet", "violin", "teapot", "mirror", "globe"];

/// A channel's name.
#[must_use]
pub fn channel(code: u16) -> String {
    match CHANNELS.get(usize::from(code)) {
        Some(name) => (*name).to_owned(),
        None => format!("channel-{}", u32::from(code) - GREAT),
    }
}

/// A channel's number, as a URL has it.
#[inline]
#[must_use]
pub fn channel_id(code: u16) -> i64 {
    (mixed(u64::from(code)) >> 34) as i64
}

/// One of 1,024 folders: three to five letters.
#[must_use]
pub fn folder(code: u16) -> String {
    // The first three letters tell all codes apart; those after them make the lengths differ.
    let number = u32::from(code) * 17 + 5;
    let letters = [number, number / 26, number / 676, number / 3, number / 7];
    letters.iter().take(3 + usize::from(code) % 3).map(|letter| char::from(b'a' + (letter % 26) as u8)).collect()
}

/// A page: three folders of ten bits, and whether the channel is named.
#[must_use]
pub fn url(code: u32, by: u16) -> String {
    let [first, second, third] = [0, 10, 20].map(|shift| folder((code >> shift) as u16 & 1023));
    let page = format!("https://www.nexmark.com/{first}/{second}/{third}/item.htm?query=1");
    if code & WITH_ID == 0 { page } else { format!("{page}&channel_id={}", channel_id(by)) }
}

/// Four words.
#[must_use]
pub fn extra(code: u16) -> String {
    [0, 4, 8, 12].map(|shift| WORDS[usize::from(code >> shift & 15)]).join(" ")
}

/// How many `c` stand in these four words.
#[inline]
#[must_use]
pub fn count_c(code: u16) -> i64 {
    [0, 4, 8, 12].iter().map(|shift| i64::from(CS[usize::from(code >> shift & 15)])).sum()
}

/// What is sold.
#[must_use]
pub fn item(code: u16) -> String {
    format!("{} {}", WORDS[usize::from(code >> 3 & 15)], ITEMS[usize::from(code & 7)])
}

/// A first and a last name.
#[must_use]
pub fn name(code: u32) -> String {
    format!("{} {}", FIRST[code as usize & 7], LAST[(code >> 3) as usize & 7])
}

/// An address.
#[must_use]
pub fn email(code: u32) -> String {
    format!("{}@{}.com", folder(code as u16 & 1023), folder((code >> 10) as u16 & 1023))
}

/// Four groups of four digits.
#[must_use]
pub fn card(digits: u64) -> String {
    [12, 8, 4, 0].map(|place| format!("{:04}", digits / 10_u64.pow(place) % 10_000)).join(" ")
}

/// A city.
#[must_use]
pub fn city(code: u16) -> &'static str {
    CITIES[usize::from(code) % CITIES.len()]
}

/// A state.
#[must_use]
pub fn state(code: u16) -> &'static str {
    STATES[usize::from(code) % STATES.len()]
}

#[cfg(test)]
mod tests {
    use super::{count_c, extra, folder};

    #[test]
    fn codes_say_what_their_texts_say() {
        for code in [0, 1, 0x2222, 0xABCD, u16::MAX] {
            assert_eq!(count_c(code), extra(code).matches('c').count() as i64, "{}", extra(code));
        }
        let folders: std::collections::BTreeSet<String> = (0..1024).map(folder).collect();
        assert_eq!(folders.len(), 1024);
    }
}
