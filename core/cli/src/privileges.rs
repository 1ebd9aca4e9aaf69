//! What the process may do, given up when it isn't needed any more.

use nix::unistd::{User, initgroups, setgid, setuid};
use std::ffi::CString;

/// Becomes another user, whole.
///
/// # Errors
/// There is no such user, or it isn't allowed; in one line.
pub(crate) fn become_user(name: &str) -> Result<(), String> {
    let user = User::from_name(name).map_err(|e| e.to_string())?.ok_or("there is no such user")?;
    let c_name = CString::new(name).map_err(|e| e.to_string())?;
    initgroups(&c_name, user.gid)
        .and_then(|()| setgid(user.gid))
        .and_then(|()| setuid(user.uid))
        .map_err(|e| e.desc().to_owned())?;
    keep_nothing();
    Ok(())
}

/// What a process of root keeps to make files wherever it was told to.
pub(crate) fn keep_files() {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::CapabilitySet;
        give_up(&[CapabilitySet::DAC_OVERRIDE, CapabilitySet::DAC_READ_SEARCH]);
    }
}

/// Gives everything up, for this thread and those that it starts: interfaces and files that are open stay so.
pub(crate) fn keep_nothing() {
    give_up(&[]);
}

#[cfg(target_os = "linux")]
fn give_up(but: &[rustix::thread::CapabilitySet]) {
    use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_no_new_privs};
    let kept = but.iter().fold(CapabilitySet::empty(), |set, one| set | *one);
    // To give up what one has is always allowed; where the system can't, there is nothing to be given up.
    if let Ok(have) = capabilities(None) {
        let kept = have.permitted & kept;
        let _ = set_capabilities(
            None,
            CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() },
        );
    }
    let _ = set_no_new_privs(true);
}

#[cfg(not(target_os = "linux"))]
fn give_up(_: &[()]) {}
