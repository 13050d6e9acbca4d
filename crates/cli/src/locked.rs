//! Keeps private keys, passphrases and shares out of swap.

/// Why memory stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotLocked {
    /// This account may lock less than the program may come to need: locking would make it fail later.
    #[error("this account may not lock all memory of a program")]
    Limit,
    /// The operating system does not do it.
    #[error("the operating system does not lock memory")]
    Refused,
}

/// What to do about it.
pub(crate) const REMEDY: &str = "set LimitMEMLOCK=infinity in its unit (or `ulimit -l unlimited`), or let the machine have no swap";

/// Locks what is in memory, and everything that comes into it later. Only pages that are used count, so nothing grows.
///
/// # Errors
/// [`NotLocked`]; the program works on, and whoever runs it has to know.
#[cfg(target_os = "linux")]
pub(crate) fn lock_memory() -> Result<(), NotLocked> {
    use rustix::mm::{MlockAllFlags, mlockall};
    let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}"));
    let [limits, status, users] =
        ["limits", "status", "uid_map"].map(|name| read(name).unwrap_or_default());
    // Below a limit each later request for memory could fail, and with it the program.
    let is_exempt = may_lock(&status) && is_identity(&users);
    if !is_unlimited(&limits) && !is_exempt {
        return Err(NotLocked::Limit);
    }
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)
        .map_err(|_| NotLocked::Refused)
}

/// As elsewhere.
#[cfg(not(target_os = "linux"))]
pub(crate) fn lock_memory() -> Result<(), NotLocked> {
    Err(NotLocked::Refused)
}

/// Whether `/proc/self/limits` says that any amount may be locked: name, soft limit, hard limit, unit.
#[cfg(target_os = "linux")]
fn is_unlimited(limits: &str) -> bool {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max locked memory"));
    line.and_then(|line| line.split_whitespace().next()) == Some("unlimited")
}

/// Whether `/proc/self/status` has CAP_IPC_LOCK, bit 14 of the effective capabilities, for which no limit counts.
#[cfg(target_os = "linux")]
fn may_lock(status: &str) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok())
        .is_some_and(|capabilities| (capabilities >> 14) & 1 == 1)
}

/// Whether `/proc/self/uid_map` maps all users to themselves: first inside, first outside, how many. In a namespace of its
/// own a process has capabilities that the kernel does not count for memory.
#[cfg(target_os = "linux")]
fn is_identity(users: &str) -> bool {
    users.split_whitespace().eq(["0", "0", "4294967295"])
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn limits_and_capabilities_are_read_as_the_kernel_writes_them() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max processes             94917                94917                processes \n\
                      Max locked memory         unlimited            unlimited            bytes     \n";
        assert!(is_unlimited(limits));
        assert!(!is_unlimited(&limits.replacen("unlimited", "8388608", 1)));
        assert!(!is_unlimited(""));
        assert!(may_lock("Name:\ttanba\nCapEff:\t000001ffffffffff\n"));
        assert!(may_lock("CapEff:\t0000000000004000\n"));
        assert!(
            !may_lock("CapEff:\t00000000a80425fb\n") && !may_lock("CapEff:\t0000000000000000\n")
        );
        assert!(!may_lock("CapInh:\t0000000000004000\n"));
        assert!(is_identity("         0          0 4294967295\n"));
        assert!(!is_identity("         0       1000          1\n") && !is_identity(""));
        assert!(!is_identity(
            "         0          0          1\n         1     100000      65536\n"
        ));
    }
}
