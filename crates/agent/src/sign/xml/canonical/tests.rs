use super::{Canonical, canonicalize};
use crate::sign::xml::parse;

fn inclusive(text: &str, comments: bool) -> String {
    let form = Canonical {
        comments,
        ..Canonical::default()
    };
    canonicalize(parse(text).unwrap().root(), form)
}

/// The form of the first element of this name.
fn element(text: &str, name: &str, exclusive: bool) -> String {
    let document = parse(text).unwrap();
    let node = document
        .descendants()
        .find(|node| node.tag_name().name() == name)
        .unwrap();
    canonicalize(
        node,
        Canonical {
            exclusive,
            ..Canonical::default()
        },
    )
}

/// Example 3.1 of Canonical XML, without its document type, which changes nothing in the result.
#[test]
fn instructions_comments_and_what_is_outside_the_document() {
    let text = "<?xml version=\"1.0\"?>\n\n<?xml-stylesheet   href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n\n\
                <doc>Hello, world!<!-- Comment 1 --></doc>\n\n<?pi-without-data     ?>\n\n<!-- Comment 2 -->\n\n\
                <!-- Comment 3 -->";
    let begin = "<?xml-stylesheet href=\"doc.xsl\"\n   type=\"text/xsl\"   ?>\n<doc>Hello, world!";
    assert_eq!(
        inclusive(text, false),
        format!("{begin}</doc>\n<?pi-without-data?>")
    );
    assert_eq!(
        inclusive(text, true),
        format!(
            "{begin}<!-- Comment 1 --></doc>\n<?pi-without-data?>\n<!-- Comment 2 -->\n<!-- Comment 3 -->"
        )
    );
}

/// Example 3.2: white space in content stays.
#[test]
fn white_space_in_content() {
    let text = "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n      \
                <clean>   </clean>\n      B\n      <dirty>   A   B   </dirty>\n      C\n   </mixed>\n</doc>";
    assert_eq!(inclusive(text, false), text);
}

/// Example 3.3 without its document type, whose default attribute stands in the text here.
#[test]
fn start_and_end_tags() {
    let text = "<doc>\n   <e1   />\n   <e2   ></e2>\n   <e3   name = \"elem3\"   id=\"elem3\"   />\n   \
                <e4   name=\"elem4\"   id=\"elem4\"   ></e4>\n   <e5 a:attr=\"out\" b:attr=\"sorted\" attr2=\"all\" attr=\"I'm\"\n      \
                xmlns:b=\"http://www.ietf.org\"\n      xmlns:a=\"http://www.w3.org\"\n      xmlns=\"http://example.org\"/>\n   \
                <e6 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n      <e7 xmlns=\"http://www.ietf.org\">\n         \
                <e8 xmlns=\"\" xmlns:a=\"http://www.w3.org\">\n            <e9 xmlns=\"\" xmlns:a=\"http://www.ietf.org\" attr=\"default\"/>\n         \
                </e8>\n      </e7>\n   </e6>\n</doc>";
    let expected = "<doc>\n   <e1></e1>\n   <e2></e2>\n   <e3 id=\"elem3\" name=\"elem3\"></e3>\n   \
                <e4 id=\"elem4\" name=\"elem4\"></e4>\n   <e5 xmlns=\"http://example.org\" xmlns:a=\"http://www.w3.org\" \
                xmlns:b=\"http://www.ietf.org\" attr=\"I'm\" attr2=\"all\" b:attr=\"sorted\" a:attr=\"out\"></e5>\n   \
                <e6 xmlns:a=\"http://www.w3.org\">\n      <e7 xmlns=\"http://www.ietf.org\">\n         <e8 xmlns=\"\">\n            \
                <e9 xmlns:a=\"http://www.ietf.org\" attr=\"default\"></e9>\n         </e8>\n      </e7>\n   </e6>\n</doc>";
    assert_eq!(inclusive(text, false), expected);
}

/// Example 3.4 without its document type, so that no attribute is of a type that is normalised.
#[test]
fn character_modifications_and_references() {
    let text = "<doc>\n   <text>First line&#x0d;&#10;Second line</text>\n   <value>&#x32;</value>\n   \
                <compute><![CDATA[value>\"0\" && value<\"10\" ?\"valid\":\"error\"]]></compute>\n   \
                <compute expr='value>\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"'>valid</compute>\n   \
                <norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>\n</doc>";
    let expected = "<doc>\n   <text>First line&#xD;\nSecond line</text>\n   <value>2</value>\n   \
                <compute>value&gt;\"0\" &amp;&amp; value&lt;\"10\" ?\"valid\":\"error\"</compute>\n   \
                <compute expr=\"value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; ?&quot;valid&quot;:&quot;error&quot;\">valid</compute>\n   \
                <norm attr=\" '    &#xD;&#xA;&#x9;   ' \"></norm>\n</doc>";
    assert_eq!(inclusive(text, false), expected);
}

/// Example 3.6: the result is UTF-8.
#[test]
fn encoding() {
    assert_eq!(inclusive("<doc>&#169;</doc>", false), "<doc>©</doc>");
}

/// Example 2.2 of Exclusive XML Canonicalization: what surrounds an element changes its inclusive form alone.
#[test]
fn an_enveloped_element_keeps_its_exclusive_form() {
    let first = "<n0:local xmlns:n0=\"foo:bar\" xmlns:n3=\"ftp://example.org\"><n1:elem2 xmlns:n1=\"http://example.net\" \
                 xml:lang=\"en\"><n3:stuff xmlns:n3=\"ftp://example.org\"/></n1:elem2></n0:local>";
    let second = "<n2:pdu xmlns:n1=\"http://example.com\" xmlns:n2=\"http://foo.example\" xml:lang=\"fr\" \
                  xml:space=\"retain\"><n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\">\
                  <n3:stuff xmlns:n3=\"ftp://example.org\"/></n1:elem2></n2:pdu>";
    assert_eq!(
        element(first, "elem2", false),
        "<n1:elem2 xmlns:n0=\"foo:bar\" xmlns:n1=\"http://example.net\" xmlns:n3=\"ftp://example.org\" xml:lang=\"en\">\
         <n3:stuff></n3:stuff></n1:elem2>"
    );
    assert_eq!(
        element(second, "elem2", false),
        "<n1:elem2 xmlns:n1=\"http://example.net\" xmlns:n2=\"http://foo.example\" xml:lang=\"en\" \
         xml:space=\"retain\"><n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>"
    );
    let exclusive = "<n1:elem2 xmlns:n1=\"http://example.net\" xml:lang=\"en\"><n3:stuff \
                     xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>";
    assert_eq!(element(first, "elem2", true), exclusive);
    assert_eq!(element(second, "elem2", true), exclusive);
}

/// What holds around an element costs nothing in it, or a few megabytes would take hours.
#[test]
fn elements_share_the_namespaces_and_comments_the_place_of_the_root() {
    let open: String = (0..2_000)
        .map(|depth| format!("<p{depth}:c xmlns:p{depth}=\"u{depth}\">"))
        .collect();
    let close: String = (0..2_000)
        .rev()
        .map(|depth| format!("</p{depth}:c>"))
        .collect();
    let inner =
        "<p7:x></p7:x><y xmlns=\"v\"><z></z></y>".repeat(500) + &"<p7:x></p7:x>".repeat(100_000);
    let text = format!("{open}{inner}{close}");
    assert!(inclusive(&text, false) == text);
    assert!(element(&text, "c", true) == text);
    let comments = "<!--c-->\n".repeat(100_000);
    let text = format!(
        "{comments}<a></a>{}",
        comments.replace("<!--c-->\n", "\n<!--c-->")
    );
    assert!(inclusive(&text, true) == text);
}

/// An attribute of the namespace `xml` comes from the nearest element that has it.
#[test]
fn what_an_element_inherits_is_the_nearest() {
    let text = "<a xml:lang=\"kk\" xml:base=\"u\"><b xml:lang=\"ru\" c=\"d\"><e xml:space=\"preserve\"/></b></a>";
    assert_eq!(
        element(text, "e", false),
        "<e xml:base=\"u\" xml:lang=\"ru\" xml:space=\"preserve\"></e>"
    );
}

/// Two prefixes of one namespace stay apart, and depth costs no stack.
#[test]
fn prefixes_stay_and_depth_is_no_matter() {
    let text = "<a:x xmlns:a=\"u\" xmlns:b=\"u\"><b:y b:z=\"1\" a:w=\"2\"></b:y></a:x>";
    assert_eq!(
        inclusive(text, false),
        "<a:x xmlns:a=\"u\" xmlns:b=\"u\"><b:y a:w=\"2\" b:z=\"1\"></b:y></a:x>"
    );
    let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
    assert_eq!(inclusive(&deep, false), deep);
}
