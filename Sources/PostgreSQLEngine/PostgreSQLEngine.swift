// PostgreSQLEngine
