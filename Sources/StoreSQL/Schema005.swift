/// Deliveries that the PFI, the DMP or a mailbox refused: few among all that happens to deliveries.
enum Schema005 {
    static let text = """
        CREATE INDEX delivery_event_failed ON delivery_event (kind, delivery_id)
        WHERE kind IN ('refused', 'dmpRefused', 'mailRefused');
        """
}
