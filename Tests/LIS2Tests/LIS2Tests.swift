// LIS2Tests
