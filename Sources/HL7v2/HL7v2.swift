// HL7v2
