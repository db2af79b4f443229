// LIS2
