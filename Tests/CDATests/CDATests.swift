// CDATests
