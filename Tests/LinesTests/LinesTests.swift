// LinesTests
