//! Jitter: chance that is the same wherever and whenever it is asked, so that a restart changes no start.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::tick::TickId;

/// A share from 0 to 1, of a tick and a number.
fn share(id: &TickId, number: u32) -> f64 {
    let mut hash = Sha256::new();
    hash.update(id.pipeline.as_bytes());
    hash.update([0]);
    hash.update(id.nominal.timestamp().to_be_bytes());
    hash.update(number.to_be_bytes());
    let digest = hash.finalize();
    let number = digest.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    f64::from(number) / f64::from(u32::MAX)
}

/// How long after its nominal time a tick starts: up to `most`, in whole seconds.
pub fn jitter(id: &TickId, most: Duration) -> Duration {
    Duration::from_secs(most.mul_f64(share(id, 0)).as_secs())
}

/// A pause before the attempt after `attempts` of them: between half of it and all of it, so that what failed together is not
/// tried again together.
pub fn spread(id: &TickId, attempts: u32, pause: Duration) -> Duration {
    Duration::from_millis(u64::try_from(pause.mul_f64(0.5 + share(id, attempts) / 2.0).as_millis()).unwrap_or(u64::MAX))
}
