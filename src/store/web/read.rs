//! What lies at an address, read whole: a reading that is interrupted goes on where it ended, if nothing changed meanwhile.

use bytes::{Bytes, BytesMut};
use reqwest::header::{IF_RANGE, RANGE};
use reqwest::{Method, Response};

use super::facts::{Facts, part};
use super::{Address, Failure, Web};

/// What lay at an address.
#[derive(Clone)]
pub struct Resource {
    /// All of it.
    pub bytes: Bytes,
    /// What the server said of it.
    pub facts: Facts,
}

/// What was read so far, and of which state.
#[derive(Default)]
struct Partly {
    bytes: BytesMut,
    facts: Facts,
}

impl Web {
    /// All of what lies at an address.
    ///
    /// # Errors
    /// A [`Failure`], once it was tried often enough where that may help.
    pub async fn read(&self, address: &Address) -> Result<Resource, Failure> {
        let reading = async {
            let mut partly = Partly::default();
            let mut failed = 0;
            loop {
                match self.read_on(address, &mut partly).await {
                    Ok(()) => return Ok(Resource { bytes: partly.bytes.freeze(), facts: partly.facts }),
                    Err(failure) => self.pause(failure, &mut failed).await?,
                }
            }
        };
        tokio::time::timeout(self.limits.whole, reading).await.map_err(|_| Failure::Slow(self.limits.whole))?
    }

    /// All of what lies at an address, and the same before and after; `before` is what was said of it earlier, if anything.
    ///
    /// # Errors
    /// `Changed` where it changes every time that it is read, and as [`Web::read`] says.
    pub async fn read_steady(&self, address: &Address, before: Option<&Facts>) -> Result<Resource, Failure> {
        let mut before = before.cloned();
        for _ in 0..STEADY_TRIES {
            let resource = self.read(address).await?;
            let after = match self.head(address).await {
                Ok(after) => after,
                // A server that only gives cannot be asked again what it gave.
                Err(Failure::Refused(_)) => return Ok(resource),
                Err(failure) => return Err(failure),
            };
            let Some(after) = after else { return Err(Failure::Changed) };
            if after.agree(&resource.facts) && before.as_ref().is_none_or(|before| before.agree(&resource.facts)) {
                return Ok(resource);
            }
            tracing::debug!(%address, "it changed while it was read: read again");
            before = Some(after);
        }
        Err(Failure::Changed)
    }

    /// Reads on from where an earlier try ended, or from the start.
    async fn read_on(&self, address: &Address, partly: &mut Partly) -> Result<(), Failure> {
        let mut request = self.request(Method::GET, address);
        let held = partly.bytes.len() as u64;
        let validator = partly.facts.validator().filter(|_| held > 0 && partly.facts.has_ranges);
        if let Some(validator) = validator {
            request = request.header(RANGE, format!("bytes={held}-")).header(IF_RANGE, validator);
        }
        let may_go_on = validator.is_some();
        let response = self.send(request).await?;
        match response.status().as_u16() {
            206 if may_go_on => partly.go_on(&response)?,
            206 => return Err(Failure::Answer("it sends a part, though all was asked for")),
            _ => partly.begin(&response, self.limits.size)?,
        }
        self.take(response, partly).await?;
        partly.check()
    }

    async fn take(&self, mut response: Response, partly: &mut Partly) -> Result<(), Failure> {
        loop {
            let chunk = tokio::time::timeout(self.limits.stall, response.chunk()).await.map_err(|_| Failure::Stalled(self.limits.stall))?;
            let Some(chunk) = chunk.map_err(|_| Failure::Cut(partly.bytes.len() as u64))? else { return Ok(()) };
            if partly.bytes.len() as u64 + chunk.len() as u64 > self.limits.size {
                return Err(Failure::TooLarge(self.limits.size));
            }
            partly.bytes.extend_from_slice(&chunk);
        }
    }
}

/// How often what changes is read before it is given up.
const STEADY_TRIES: u32 = 3;

impl Partly {
    /// From the start: what was read of another state is let go.
    fn begin(&mut self, response: &Response, most: u64) -> Result<(), Failure> {
        self.bytes.clear();
        self.facts = Facts::of(response);
        if !self.facts.has_end {
            return Err(Failure::Endless);
        }
        if self.facts.length.is_some_and(|length| length > most) { Err(Failure::TooLarge(most)) } else { Ok(()) }
    }

    /// The rest of what was read, which must be of the same state.
    fn go_on(&mut self, response: &Response) -> Result<(), Failure> {
        let mut rest = Facts::of(response);
        rest.length = None;
        let fits = part(response.headers())
            .is_some_and(|(first, whole)| first == self.bytes.len() as u64 && whole.is_none_or(|whole| self.facts.length.is_none_or(|length| length == whole)));
        if fits && rest.agree(&self.facts) {
            return Ok(());
        }
        self.bytes.clear();
        Err(Failure::Changed)
    }

    /// As long as was said, and with the checksum that was said.
    fn check(&mut self) -> Result<(), Failure> {
        let held = self.bytes.len() as u64;
        if self.facts.length.is_some_and(|length| length != held) {
            return Err(Failure::Cut(held));
        }
        if let Some(sum) = self.facts.contradicted(&self.bytes) {
            self.bytes.clear();
            return Err(Failure::Checksum(sum));
        }
        Ok(())
    }
}
