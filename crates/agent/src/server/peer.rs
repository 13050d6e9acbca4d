//! Whose program is at the other end of a loopback connection.

use std::net::{IpAddr, SocketAddr};

/// Whether the program at the other end runs as the same user as this one; `None` where the system does not tell.
///
/// Linux lists each end of a connection with its owner in `/proc/net/tcp` and `tcp6`. What is not listed is refused: an end
/// that is connected to us and belongs to us is there.
#[cfg(target_os = "linux")]
pub(super) fn is_same_user(peer: SocketAddr, own: SocketAddr) -> Option<bool> {
    use std::os::unix::fs::MetadataExt as _;

    // The owner of a process's folder is its effective user.
    let user = std::fs::metadata("/proc/self").ok()?.uid();
    look(peer, own, |end| {
        end.is_some_and(|end| end.owner == Some(user))
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_same_user(_: SocketAddr, _: SocketAddr) -> Option<bool> {
    None
}

/// Whether the program at the other end closed its end, also behind octets that nobody reads: those keep the news back.
/// Only Linux tells.
#[cfg(target_os = "linux")]
pub(super) fn has_left(peer: SocketAddr, own: SocketAddr) -> bool {
    look(peer, own, |end| {
        end.is_none_or(|end| end.state != ESTABLISHED)
    })
    .unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn has_left(_: SocketAddr, _: SocketAddr) -> bool {
    false
}

/// What is to be said of the other end, if a table of the kernel can be read at all.
///
/// A socket of both families (Java opens no other) stands in the table of IPv6 under the mapped address, also when it is
/// connected to a socket of IPv4.
#[cfg(target_os = "linux")]
fn look(
    peer: SocketAddr,
    own: SocketAddr,
    judge: impl FnOnce(Option<End<'_>>) -> bool,
) -> Option<bool> {
    let read = |name: &str| std::fs::read_to_string(name).ok();
    let as_v6 = |address| table_address(mapped(address));
    let mut table = match own.ip() {
        IpAddr::V4(_) => read("/proc/net/tcp"),
        IpAddr::V6(_) => None,
    };
    if let Some(table) = &table
        && let Some(end) = end(table, &table_address(peer), &table_address(own))
    {
        return Some(judge(Some(end)));
    }
    // Without IPv6 there is no such table.
    table = read("/proc/net/tcp6").or(table);
    let table = table?;
    Some(judge(end(&table, &as_v6(peer), &as_v6(own))))
}

/// An address as one of IPv6.
#[cfg(any(target_os = "linux", test))]
fn mapped(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    SocketAddr::new(IpAddr::V6(ip), address.port())
}

/// The state of a connection of which neither end was closed.
#[cfg(any(target_os = "linux", test))]
const ESTABLISHED: &str = "01";

/// One end of a connection.
#[cfg(any(target_os = "linux", test))]
#[derive(Debug, PartialEq, Eq)]
struct End<'a> {
    state: &'a str,
    owner: Option<u32>,
}

/// The end at the local address of the connection between these two in a table of the kernel.
///
/// Columns: number, local address, remote address, state, queues, timers, retransmissions, user.
#[cfg(any(target_os = "linux", test))]
fn end<'a>(table: &'a str, local: &str, remote: &str) -> Option<End<'a>> {
    table.lines().find_map(|line| {
        let mut columns = line.split_ascii_whitespace().skip(1);
        let found = columns.next()? == local && columns.next()? == remote;
        let state = columns.next()?;
        let owner = columns.nth(3)?.parse().ok();
        found.then_some(End { state, owner })
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
    use super::{End, end, mapped, table_address};

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
        let found = |owner| {
            Some(End {
                state: "01",
                owner: Some(owner),
            })
        };
        assert_eq!(end(TABLE, &peer, &own), found(1001));
        assert_eq!(end(TABLE, &own, &peer), found(1000));
        assert_eq!(end(TABLE, &peer, "0100007F:0001"), None);
        assert_eq!(end("broken\nlines: a", &peer, &own), None);
        assert_eq!(
            table_address("[::1]:13579".parse().unwrap()),
            "00000000000000000000000001000000:350B"
        );
        assert_eq!(
            table_address(mapped("127.0.0.1:13579".parse().unwrap())),
            "0000000000000000FFFF00000100007F:350B"
        );
    }

    /// Java's sockets are of both families, whomever they speak to.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_socket_of_both_families_is_the_same_user() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap();
        let Ok(client) = std::net::TcpStream::connect(mapped(own)) else {
            eprintln!("SKIPPED: there is no IPv6");
            return;
        };
        let (_accepted, peer) = listener.accept().unwrap();
        assert!(peer.is_ipv4());
        assert_eq!(super::is_same_user(peer, own), Some(true));
        assert!(!super::has_left(peer, own));
        drop(client);
        assert!(super::has_left(peer, own));
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
        // It closes behind octets that are not read.
        let (unread, _) = listener.accept().unwrap();
        let peer = client.local_addr().unwrap();
        assert!(!super::has_left(peer, own));
        client.set_nonblocking(true).unwrap();
        while std::io::Write::write(&mut &client, &[0; 65536]).is_ok() {}
        drop(client);
        assert!(super::has_left(peer, own));
        drop(unread);
        let stranger = "127.0.0.1:1".parse().unwrap();
        assert_eq!(super::is_same_user(stranger, own), Some(false));
    }
}
