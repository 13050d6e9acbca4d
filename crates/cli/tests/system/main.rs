//! The whole program from outside, and the rules of the house.

#[cfg(test)]
mod acceptance;
#[cfg(test)]
mod applicant;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod ceremony;
#[cfg(test)]
mod citizen;
#[cfg(test)]
mod cms;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod fail_stop;
#[cfg(test)]
mod first;
#[cfg(test)]
mod house;
#[cfg(test)]
mod installation;
#[cfg(test)]
mod keyless;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod keystore;
#[cfg(test)]
mod left_open;
#[cfg(test)]
mod lint;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod mailbox;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod own_profile;
#[cfg(test)]
mod partner;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod registrar;
#[cfg(test)]
mod renewal;
#[cfg(test)]
mod said;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod second_opinion;
#[cfg(test)]
mod server;
#[cfg(test)]
mod switch;
#[cfg(test)]
mod thief;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod token;
#[cfg(test)]
mod unfit;
#[cfg(test)]
mod validate;
