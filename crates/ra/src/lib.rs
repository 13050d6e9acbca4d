//! Carries an application to a decision.
