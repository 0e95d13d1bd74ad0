//! Where the ledger of a warehouse lies: a database where one host schedules, objects where several may.
//!
//! Guarantees: there is one ledger; where the other kind holds what was due it is not begun anew beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::path::Path as ObjectPath;

use super::ledger::Ledger;
use super::objects::ObjectLedger;
use super::sqlite::SqliteLedger;
use super::terms::Terms;
use crate::error::{self, Error, Kind, Result};
use crate::project::{Hosts, Project};
use crate::store::{Store, files, remote};

/// The place of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    folder: PathBuf,
    hosts: Hosts,
}

impl Place {
    /// That of a project's warehouse.
    pub fn of(project: &Project) -> Self {
        Self::new(&project.warehouse, project.schedule.hosts)
    }

    /// That of a warehouse for so many hosts.
    pub fn new(warehouse: &Path, hosts: Hosts) -> Self {
        Self { folder: warehouse.join("schedule"), hosts }
    }

    /// The place of the other kind, from which a ledger may come.
    pub fn other(&self) -> Self {
        let hosts = match self.hosts {
            Hosts::One => Hosts::Several,
            Hosts::Several => Hosts::One,
        };
        Self { folder: self.folder.clone(), hosts }
    }

    /// The file or folder that holds it.
    pub fn path(&self) -> PathBuf {
        self.folder.join(match self.hosts {
            Hosts::One => "ledger.sqlite",
            Hosts::Several => "ledger",
        })
    }

    /// True where a ledger lies here.
    pub fn is_taken(&self) -> bool {
        self.path().exists()
    }

    /// True where something was ever scheduled, whichever kind of ledger tells of it.
    pub fn was_scheduled(&self) -> bool {
        self.is_taken() || self.other().is_taken()
    }

    /// The files by which this host tells at once that a holder died. Among several hosts there are none: whether a lock of
    /// one is seen by the others depends on how they mount the folder, and to take over from one that lives is worse than to
    /// wait for silence.
    pub fn terms(&self) -> Option<Terms> {
        (self.hosts == Hosts::One).then(|| Terms::new(self.folder.clone()))
    }

    /// Opens the ledger, and makes it where there is none.
    ///
    /// # Errors
    /// `Conflict` where there is one of the other kind, where it is nothing that this version can read, or where the folder does
    /// not create in one step; `Unavailable` where the disk cannot be read or written.
    pub async fn open(&self) -> Result<Arc<dyn Ledger>> {
        if self.other().is_taken() {
            let message = format!("the schedule's ledger is kept for {} in `{}`", self.other().whom(), self.other().path().display());
            let hint = format!("stop every scheduler, then `rihla schedule --move-ledger` makes it one for {}", self.whom());
            return Err(Error::new(Kind::Conflict, message).hint(hint));
        }
        self.make().await
    }

    /// Opens it, whatever else there is.
    pub(super) async fn make(&self) -> Result<Arc<dyn Ledger>> {
        let folder =
            |folder: &Path| files::make_private_folder(folder).map_err(|cause| error::io(format!("cannot make the folder `{}`", folder.display()), cause));
        let is_new = !self.is_taken();
        for above in [self.folder.parent(), Some(&self.folder)].into_iter().flatten() {
            folder(above)?;
        }
        let path = self.path();
        if self.hosts == Hosts::One {
            return Ok(Arc::new(SqliteLedger::open(&path)?));
        }
        folder(&path)?;
        let store = Store::local(&path)?.object_store();
        if is_new {
            remote::probe(store.as_ref()).await?;
        }
        Ok(Arc::new(ObjectLedger::new(store, ObjectPath::default())))
    }

    fn whom(&self) -> &'static str {
        match self.hosts {
            Hosts::One => "one host",
            Hosts::Several => "several hosts",
        }
    }

    /// True where a scheduler is at work, as far as can be told: of several hosts, where nobody gave the lease back.
    ///
    /// # Errors
    /// Where the ledger or the locks cannot be read.
    pub async fn is_scheduling(&self, ledger: &dyn Ledger) -> Result<bool> {
        let lease = ledger.lease().await?;
        if lease.is_free || lease.token.0 == 0 {
            return Ok(false);
        }
        self.terms().map_or(Ok(true), |terms| terms.is_over(lease.token).map(|is_over| !is_over))
    }
}
