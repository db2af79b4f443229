// Neighbours
