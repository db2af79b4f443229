// The « auto-présentable » form: one XML file that a browser shows by itself (CR-BIO sheet section 1). Its root is our
// own style sheet, XSLT 1.0, which carries the document and shows it; the document inside is the very one that is sent.

extension CRBioDocument {
    /// The document inside its style sheet, after `check()`.
    package func selfDisplaying() throws(DocumentRefused) -> [UInt8] {
        StyleSheet.wrapped(try xml())
    }
}

package enum StyleSheet {
    /// A written document (`xml()`) inside the style sheet, its bytes kept.
    package static func wrapped(_ document: [UInt8]) -> [UInt8] {
        let declaration = document.firstIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return Array(head.utf8) + document[declaration...] + Array("\n</xsl:stylesheet>\n".utf8)
    }

    /// Nothing is fetched: no script, no font, no picture from elsewhere.
    private static let head = """
        <?xml version="1.0" encoding="UTF-8"?>
        <?xml-stylesheet type="text/xsl" href=""?>
        <xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:h="urn:hl7-org:v3" \
        exclude-result-prefixes="h">
        <xsl:output method="html" encoding="UTF-8" doctype-system="about:legacy-compat"/>
        <xsl:template match="/"><xsl:apply-templates select="//h:ClinicalDocument"/></xsl:template>
        <xsl:template match="h:ClinicalDocument"><html lang="fr"><head><meta charset="UTF-8"/>
        <title><xsl:value-of select="h:title"/></title><style>
        body { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 1.5em auto; padding: 0 1em; color: #111 }
        h1 { font-size: 1.5em } h2 { font-size: 1.2em; border-bottom: 2px solid #1b4d6b; margin-top: 1.6em }
        h3 { font-size: 1.05em } table { border-collapse: collapse; width: 100%; margin: .5em 0 }
        th, td { text-align: left; vertical-align: top; padding: .25em .5em; border-bottom: 1px solid #ccc }
        .who { display: grid; grid-template-columns: 1fr 1fr; gap: 1em } .note { font-weight: bold }
        img { max-width: 100% } @media print { body { margin: 0; max-width: none } tr { break-inside: avoid } }
        </style></head><body><main><h1><xsl:value-of select="h:title"/></h1>
        <xsl:if test="h:relatedDocument"><p class="note">Version <xsl:value-of select="h:versionNumber/@value"/>\
         : annule et remplace la version précédente.</p></xsl:if>
        <xsl:if test="h:documentationOf[1]/h:serviceEvent/*[local-name()='statusCode']/@code='active'">\
        <p class="note">Résultats partiels.</p></xsl:if>
        <div class="who"><section aria-label="Patient"><xsl:apply-templates \
        select="h:recordTarget/h:patientRole"/></section>
        <section aria-label="Laboratoire"><p><strong><xsl:value-of \
        select="h:custodian//h:representedCustodianOrganization/h:name"/></strong></p>
        <p>Produit le <xsl:call-template name="when"><xsl:with-param name="ts" \
        select="h:effectiveTime/@value"/></xsl:call-template></p>
        <xsl:for-each select="h:participant[@typeCode='REF']"><p>Prescripteur : <xsl:apply-templates \
        select="h:associatedEntity/h:associatedPerson/h:name"/></p></xsl:for-each>
        <p>Signé par <xsl:apply-templates select="h:legalAuthenticator//h:assignedPerson/h:name"/> le \
        <xsl:call-template name="when"><xsl:with-param name="ts" select="h:legalAuthenticator/h:time/@value"/>\
        </xsl:call-template></p></section></div>
        <xsl:apply-templates select="h:component/h:structuredBody/h:component/h:section"/>
        </main></body></html></xsl:template>
        <xsl:template match="h:patientRole"><p><strong><xsl:value-of \
        select="h:patient/h:name/h:family[@qualifier='BR']"/><xsl:text> </xsl:text><xsl:value-of \
        select="h:patient/h:name/h:given[not(@qualifier)]"/></strong>
        <xsl:if test="h:patient/h:name/h:family[@qualifier='CL']"> (<xsl:value-of \
        select="h:patient/h:name/h:family[@qualifier='CL']"/><xsl:text> </xsl:text><xsl:value-of \
        select="h:patient/h:name/h:given[@qualifier='CL']"/>)</xsl:if></p>
        <p>Sexe : <xsl:value-of select="h:patient/h:administrativeGenderCode/@displayName"/>, né(e) le \
        <xsl:call-template name="when"><xsl:with-param name="ts" select="h:patient/h:birthTime/@value"/>\
        </xsl:call-template></p>
        <xsl:for-each select="h:id[starts-with(@root,'1.2.250.1.213.1.4.')]"><p>INS : <xsl:value-of \
        select="@extension"/></p></xsl:for-each></xsl:template>
        <xsl:template match="h:name"><xsl:value-of \
        select="normalize-space(concat(h:suffix,' ',h:given,' ',h:family))"/>\
        </xsl:template>
        <xsl:template match="h:section"><section><h2><xsl:value-of select="h:title"/></h2><xsl:apply-templates \
        select="h:text"/><xsl:apply-templates select="h:component/h:section" mode="sub"/></section></xsl:template>
        <xsl:template match="h:section" mode="sub"><section><h3><xsl:value-of select="h:title"/></h3>\
        <xsl:apply-templates select="h:text"/></section></xsl:template>
        <xsl:template match="h:text"><xsl:apply-templates/></xsl:template>
        <xsl:template match="h:paragraph"><p><xsl:apply-templates/></p></xsl:template>
        <xsl:template match="h:br"><br/></xsl:template>
        <xsl:template match="h:table"><table><xsl:apply-templates/></table></xsl:template>
        <xsl:template match="h:thead"><thead><xsl:apply-templates/></thead></xsl:template>
        <xsl:template match="h:tbody"><tbody><xsl:apply-templates/></tbody></xsl:template>
        <xsl:template match="h:tr"><tr><xsl:apply-templates/></tr></xsl:template>
        <xsl:template match="h:th"><th scope="col"><xsl:apply-templates/></th></xsl:template>
        <xsl:template match="h:td"><td><xsl:copy-of select="@colspan"/><xsl:apply-templates/></td></xsl:template>
        <xsl:template match="h:content"><span><xsl:apply-templates/></span></xsl:template>
        <xsl:template match="h:content[@styleCode='Bold']"><strong><xsl:apply-templates/></strong></xsl:template>
        <xsl:template match="h:content[@styleCode='Italics']"><em><xsl:apply-templates/></em></xsl:template>
        <xsl:template match="h:renderMultiMedia"><xsl:variable name="id" select="@referencedObject"/>
        <xsl:for-each select="//h:observationMedia[@ID=$id]/h:value"><xsl:choose>
        <xsl:when test="starts-with(@mediaType,'image/')"><img alt="Image du compte rendu"><xsl:attribute \
        name="src"><xsl:value-of select="concat('data:',@mediaType,';base64,',.)"/></xsl:attribute></img></xsl:when>
        <xsl:otherwise><a download="compte-rendu.pdf"><xsl:attribute name="href"><xsl:value-of \
        select="concat('data:',@mediaType,';base64,',.)"/></xsl:attribute>Ouvrir le document PDF</a></xsl:otherwise>
        </xsl:choose></xsl:for-each></xsl:template>
        <xsl:template name="when"><xsl:param name="ts"/><xsl:if test="string-length($ts) &gt;= 8"><xsl:value-of \
        select="concat(substring($ts,7,2),'/')"/></xsl:if><xsl:if test="string-length($ts) &gt;= 6"><xsl:value-of \
        select="concat(substring($ts,5,2),'/')"/></xsl:if><xsl:value-of select="substring($ts,1,4)"/>\
        <xsl:if test="string-length($ts) &gt;= 12"><xsl:value-of \
        select="concat(' à ',substring($ts,9,2),':',substring($ts,11,2))"/></xsl:if></xsl:template>

        """
}
