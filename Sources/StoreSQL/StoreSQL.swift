// StoreSQL
