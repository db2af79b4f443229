// LIS01Tests
