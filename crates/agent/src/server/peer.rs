//! Whose program is at the other end of a loopback connection.

use std::net::{IpAddr, SocketAddr};

/// Whether the program at the other end runs as the same user as this one; `None` where the system does not tell.
///
/// Linux lists each end of a connection with its owner in `/proc/net/tcp`. What is not listed is refused: an end that is
/// connected to us and belongs to us is there.
#[cfg(target_os = "linux")]
pub(super) fn is_same_user(peer: SocketAddr, own: SocketAddr) -> Option<bool> {
    use std::os::unix::fs::MetadataExt as _;

    // The owner of a process's folder is its effective user.
    let user = std::fs::metadata("/proc/self").ok()?.uid();
    let table = match own.ip() {
        IpAddr::V4(_) => "/proc/net/tcp",
        IpAddr::V6(_) => "/proc/net/tcp6",
    };
    let text = std::fs::read_to_string(table).ok()?;
    let owner = owner(&text, &table_address(peer), &table_address(own));
    Some(owner == Some(user))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_same_user(_: SocketAddr, _: SocketAddr) -> Option<bool> {
    None
}

/// The owner of the connection between these two in a table of the kernel.
///
/// Columns: number, local address, remote address, state, queues, timers, retransmissions, user.
#[cfg(any(target_os = "linux", test))]
fn owner(table: &str, local: &str, remote: &str) -> Option<u32> {
    table.lines().find_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let found = columns.next()? == local && columns.next()? == remote;
        let user = columns.nth(4)?;
        found.then(|| user.parse().ok()).flatten()
    })
}

/// An address as the kernel's table has it: words of 32 bits in the machine's order, then the port.
#[cfg(any(target_os = "linux", test))]
fn table_address(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let words: String = octets
        .chunks_exact(4)
        .filter_map(|word| <[u8; 4]>::try_from(word).ok())
        .map(|word| format!("{:08X}", u32::from_ne_bytes(word)))
        .collect();
    format!("{words}:{:04X}", address.port())
}

#[cfg(test)]
mod tests {
    use super::{owner, table_address};

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:350B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:9C40 0100007F:350B 01 00000000:00000000 00:00000000 00000000  1001        0 2 1 0 20 4 0 10 -1
   2: 0100007F:350B 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 20 4 0 10 -1
";

    #[test]
    #[cfg(target_endian = "little")]
    fn the_other_end_is_found_and_not_our_own() {
        let own = table_address("127.0.0.1:13579".parse().unwrap());
        let peer = table_address("127.0.0.1:40000".parse().unwrap());
        assert_eq!(own, "0100007F:350B");
        assert_eq!(owner(TABLE, &peer, &own), Some(1001));
        assert_eq!(owner(TABLE, &own, &peer), Some(1000));
        assert_eq!(owner(TABLE, &peer, "0100007F:0001"), None);
        assert_eq!(owner("broken\nlines: a", &peer, &own), None);
        assert_eq!(
            table_address("[::1]:13579".parse().unwrap()),
            "00000000000000000000000001000000:350B"
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_the_same_user() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(own).unwrap();
        assert_eq!(
            super::is_same_user(client.local_addr().unwrap(), own),
            Some(true)
        );
        let stranger = "127.0.0.1:1".parse().unwrap();
        assert_eq!(super::is_same_user(stranger, own), Some(false));
    }
}
