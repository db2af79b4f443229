// CDA
