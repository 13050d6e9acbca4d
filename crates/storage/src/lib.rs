//! Tables of the server: SQLite behind the ports of the model.
