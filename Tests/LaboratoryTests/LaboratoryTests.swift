// LaboratoryTests
