//! The properties on the seeds and on small changes of them. Every input is the same in each run.

use etlens_properties::{ALL, seeds, targets};

/// Numbers that look random and are the same in each run (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// A bit flipped, a byte set, a piece removed, repeated or moved, or the end cut off.
fn change(input: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(input.len());
    let end = (at + 1 + numbers.below(64)).min(input.len());
    match numbers.below(6) {
        _ if input.is_empty() => input.push(numbers.below(256) as u8),
        0 => input[at] ^= 1 << numbers.below(8),
        1 => input[at] = [0, 1, 0x7f, 0x80, 0xff][numbers.below(5)],
        2 => drop(input.drain(at..end)),
        3 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        4 => {
            let to = numbers.below(input.len() - (end - at) + 1);
            input.copy_within(at..end, to);
        }
        _ => input.truncate(at),
    }
}

/// Inputs that broke a property once.
const BROKE: [(&str, &[u8]); 5] = [
    ("filter", b"a=========13 b< >2"),
    ("filter", b"r :\\x"),
    ("filter", b"name ://x"),
    // Printed without what kept it from being a query of Event Viewer.
    ("filter", b"(event[) t"),
    // A Float that is no number, and so equals no other.
    ("trace_logging", b"\x08\0\x08\0\0a\0f\0\x0b\0\0\xc0\x7f"),
];

#[test]
fn nothing_breaks_again() {
    for (name, input) in BROKE {
        let (_, property) = ALL.iter().find(|(known, _)| *known == name).expect("a property");
        property(input);
    }
}

#[test]
fn every_target_has_seeds_and_its_decoders_take_theirs() {
    for (name, _) in targets::ALL {
        assert!(!seeds::of_target(name).is_empty(), "{name}");
    }
    for seed in seeds::of_target("decode") {
        targets::decode(&seed);
    }
}

#[test]
fn each_seed_is_what_it_should_be() {
    for (name, property) in ALL {
        let seeds = seeds::of(name);
        assert!(!seeds.is_empty(), "{name} has seeds");
        for seed in seeds {
            property(&seed);
        }
    }
}

#[test]
fn nothing_breaks_on_changed_seeds() {
    for (name, property) in ALL {
        // What reads a whole trace is slow where tests are not optimised.
        let rounds = if matches!(name, "etl" | "store") { 12 } else { 300 };
        for (i, seed) in seeds::of(name).into_iter().enumerate() {
            let mut numbers = Numbers(i as u64 + 1);
            for _ in 0..rounds {
                let mut input = seed.clone();
                for _ in 0..1 + numbers.below(4) {
                    change(&mut input, &mut numbers);
                }
                property(&input);
            }
        }
    }
}
