// Printing
