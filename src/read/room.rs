//! What is packed unpacked, as far as limits let it: small files that unpack to more than a machine holds are refused
//! while they unpack.

use std::io::Read;

use bytes::Bytes;

use super::Refusal;
use crate::project::Limits;

/// How much is unpacked at a time.
const PIECE: usize = 1 << 16;

/// How much more of a delivery may be unpacked.
pub struct Room {
    limits: Limits,
    packed: u64,
    unpacked: u64,
}

impl Room {
    /// The room of a delivery of so many bytes packed.
    pub fn new(limits: Limits, packed: usize) -> Self {
        Self { limits, packed: packed as u64, unpacked: 0 }
    }

    /// Holds the number of files in an archive against the limit.
    ///
    /// # Errors
    /// `source-error` where there are more.
    pub fn check_entries(&self, entries: usize) -> Result<(), Refusal> {
        let most = self.limits.entries;
        if entries as u64 > most {
            return Err(too_much(&format!("holds {entries} files, more than the limit of {most}"), "entries"));
        }
        Ok(())
    }

    /// Everything that a reader gives; never more than the limits let be held.
    ///
    /// # Errors
    /// `source-error` past a limit; what `broken` says where the reader fails.
    pub fn read(&mut self, reader: impl Read, broken: impl Fn(std::io::Error) -> Refusal) -> Result<Bytes, Refusal> {
        let most = usize::try_from(self.limits.unpacked).unwrap_or(usize::MAX);
        let mut held: Vec<u8> = Vec::new();
        self.each(reader, broken, |piece| {
            if held.capacity() - held.len() < piece.len() {
                let wanted = held.capacity().saturating_mul(2).clamp(held.len() + piece.len(), most.max(held.len() + piece.len()));
                held.reserve_exact(wanted - held.len());
            }
            held.extend_from_slice(piece);
        })?;
        Ok(held.into())
    }

    /// Lets everything that a reader gives pass and keeps nothing.
    ///
    /// # Errors
    /// As [`Room::read`].
    pub fn pass(&mut self, reader: impl Read, broken: impl Fn(std::io::Error) -> Refusal) -> Result<(), Refusal> {
        self.each(reader, broken, |_| {})
    }

    fn each(&mut self, mut reader: impl Read, broken: impl Fn(std::io::Error) -> Refusal, mut take: impl FnMut(&[u8])) -> Result<(), Refusal> {
        let mut piece = vec![0; PIECE];
        loop {
            let read = match reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(broken(error)),
            };
            self.unpacked += read as u64;
            self.check()?;
            take(&piece[..read]);
        }
    }

    fn check(&self) -> Result<(), Refusal> {
        let Limits { unpacked, ratio, .. } = self.limits;
        if self.unpacked > unpacked {
            return Err(too_much(&format!("unpacks to more than {}", size(unpacked)), "unpacked_mib"));
        }
        if self.unpacked > Limits::SMALL && self.unpacked / ratio > self.packed {
            return Err(too_much(&format!("unpacks to more than {ratio} times its size"), "ratio"));
        }
        Ok(())
    }
}

fn size(bytes: u64) -> String {
    if bytes.is_multiple_of(1 << 30) { format!("{} GiB", bytes >> 30) } else { format!("{} MiB", bytes >> 20) }
}

fn too_much(what: &str, limit: &str) -> Refusal {
    Refusal::new("source-error", format!("the file {what}: where that is meant, raise `limits = {{ {limit} = … }}` of the source"))
}
