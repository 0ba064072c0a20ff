//! Random numbers that anyone can compute again.

use crate::words::named;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

named! {
    /// What a stream is for.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Purpose {
        /// The sample itself.
        Sample = "sample",
        /// The substitutes; a stream of their own, so that their number changes nothing in the sample.
        Reserve = "reserve",
    }
}

/// The random numbers of one draw: those of one stage within one parent.
///
/// Each draw has its own stream, so what is drawn in a province does not depend on which other provinces are on the frame.
///
/// # Formula
/// The stream is the `ChaCha20` keystream (Bernstein 2008; block counter from 0, nonce 0) under the key
/// `SHA-256("hailong-sample/1\n" seed "\n" level "\n" parent "\n" purpose)`, the seed in decimal, read as little-endian 64-bit numbers.
#[derive(Debug, Clone)]
pub struct Stream(ChaCha20Rng);

impl Stream {
    /// The stream of the draw at `level` within `parent`.
    #[must_use]
    pub fn new(seed: u64, level: &str, parent: &str, purpose: Purpose) -> Self {
        let name = format!("hailong-sample/1\n{seed}\n{level}\n{parent}\n{}", purpose.as_str());
        Self(ChaCha20Rng::from_seed(Sha256::digest(name).into()))
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A whole number from 0 up to, not including, `bound`, each with the same chance; 0 where there is none.
    ///
    /// # Formula
    /// The next number below the largest multiple of `bound` that fits 64 bits, modulo `bound`. A number is passed over
    /// with a chance below one half.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let surplus = (u64::MAX % bound + 1) % bound;
        loop {
            let number = self.next_number();
            if number <= u64::MAX - surplus {
                return number % bound;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of a `ChaCha20` written in Python from RFC 8439, under `hashlib`'s SHA-256 of the name.
    #[test]
    fn a_stream_is_chacha20_under_the_hash_of_its_name() {
        let mut stream = Stream::new(2024, "district", "01", Purpose::Sample);
        let numbers = [stream.next_number(), stream.next_number(), stream.next_number()];
        assert_eq!(numbers, [14_374_377_738_295_265_510, 12_361_029_322_566_388_971, 1_953_478_294_307_568_213]);
    }

    #[test]
    fn streams_differ_by_every_part_of_their_name() {
        let first = |seed, level, parent, purpose| Stream::new(seed, level, parent, purpose).next_number();
        let all = [
            first(1, "district", "01", Purpose::Sample),
            first(2, "district", "01", Purpose::Sample),
            first(1, "commune", "01", Purpose::Sample),
            first(1, "district", "02", Purpose::Sample),
            first(1, "district", "01", Purpose::Reserve),
        ];
        let distinct: std::collections::HashSet<u64> = all.into();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn numbers_below_a_bound_are_equally_frequent() {
        let mut stream = Stream::new(7, "a", "b", Purpose::Sample);
        let mut counts = [0_i64; 7];
        for _ in 0..70_000 {
            counts[usize::try_from(stream.below(7)).unwrap()] += 1;
        }
        // Binomial with n = 70,000 and p = 1/7: standard deviation 92.6.
        assert!(counts.iter().all(|count| (count - 10_000).abs() < 463), "{counts:?} strays by more than five standard deviations");
        assert_eq!((stream.below(0), stream.below(1)), (0, 0));
    }
}
