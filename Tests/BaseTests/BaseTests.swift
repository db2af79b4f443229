// BaseTests
