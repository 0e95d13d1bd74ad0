//! Errors of the engine, told apart by whose they are to mend.

use datafusion::error::DataFusionError;

use super::{Error, Kind, is_disk_full, store};

/// Errors of the engine while running what was already checked: ours, unless the disk is full or memory ran out.
pub fn engine(what: impl std::fmt::Display, cause: DataFusionError) -> Error {
    if is_disk_full(&cause) {
        return store(what, cause);
    }
    let error = match cause.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            Error::new(Kind::Unavailable, what.to_string()).hint("memory for the engine ran out: raise engine.memory_mib in rihla.toml")
        }
        // Every Parquet file was written whole by this program.
        DataFusionError::ParquetError(_) => Error::new(Kind::Unavailable, what.to_string()).hint(
            "a file of the warehouse is missing or damaged: run `rihla run`, which says which and makes anew what can be made; else restore it from a backup",
        ),
        DataFusionError::ObjectStore(_) | DataFusionError::IoError(_) => Error::new(Kind::Unavailable, what.to_string()),
        DataFusionError::ArrowError(_, _) | DataFusionError::Execution(_) => Error::new(Kind::Data, what.to_string()),
        _ => Error::new(Kind::Internal, what.to_string()),
    };
    error.because(cause)
}
