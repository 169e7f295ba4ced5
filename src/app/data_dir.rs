//! The data folder: made if it is missing, held by one process, with the admin token in it.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use secrecy::SecretString;
use uuid::Uuid;

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It cannot be made or written.
    #[error("the data folder `{path}` cannot be used: {source}; choose another one with `--data DIR`")]
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process holds it.
    #[error(
        "the data folder `{path}` is held by another running switchboard; stop that one, or choose another folder with `--data DIR`"
    )]
    Held {
        /// Which.
        path: PathBuf,
    },
}

/// A data folder that this process holds until it is dropped.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Makes the folder if it is missing (for its owner alone) and takes hold of it.
    ///
    /// # Errors
    /// [`DataDirError`].
    pub fn open(path: &Path) -> Result<Self, DataDirError> {
        let unusable = |source| DataDirError::Unusable { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path.join("lock"));
        let lock = lock.map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Held { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }

    /// Where the embedded database is.
    pub fn database(&self) -> PathBuf {
        Self::database_in(&self.path)
    }

    /// Where the embedded database of a folder is that another process may hold.
    pub fn database_in(path: &Path) -> PathBuf {
        path.join("switchboard.db")
    }

    /// Where the admin token is, if it was made here.
    pub fn admin_token_path(&self) -> PathBuf {
        self.path.join("admin-token")
    }

    /// The admin token of this folder; made at the first start, readable by its owner alone.
    ///
    /// # Errors
    /// [`DataDirError::Unusable`].
    pub fn admin_token(&self) -> Result<SecretString, DataDirError> {
        let path = self.admin_token_path();
        read_or_make_token(&path).map_err(|source| DataDirError::Unusable { path, source })
    }
}

fn read_or_make_token(path: &Path) -> io::Result<SecretString> {
    if let Ok(mut file) = File::open(path) {
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        if text.trim().len() >= 32 {
            return Ok(text.trim().to_owned().into());
        }
    }
    // 244 random bits.
    let token = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let partial = path.with_extension("partial");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&partial)?;
    file.write_all(token.as_bytes())?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    Ok(token.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_second_process_is_told_who_holds_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let held = DataDir::open(folder.path()).unwrap();
        let error = DataDir::open(folder.path()).unwrap_err();
        assert!(error.to_string().contains("held by another running switchboard"), "{error}");
        drop(held);
        DataDir::open(folder.path()).unwrap();
    }

    #[test]
    fn the_admin_token_is_made_once_and_only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let first = data.admin_token().unwrap();
        assert_eq!(first.expose_secret(), data.admin_token().unwrap().expose_secret());
        assert_eq!(first.expose_secret().len(), 64);
        let mode = fs::metadata(data.admin_token_path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let error = DataDir::open(Path::new("/proc/no-such-place")).unwrap_err();
        assert!(error.to_string().contains("/proc/no-such-place"), "{error}");
    }
}
