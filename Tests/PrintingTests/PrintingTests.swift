// PrintingTests
