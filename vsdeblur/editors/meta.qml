import QtQuick 2.0
import org.shotcut.qml 1.0

Metadata {
    type: Metadata.Filter
    objectName: 'vsdeblur'
    name: 'Deblur (vsdeblur)'
    keywords: 'deblur sharpen motion blur shake vsdeblur'
    mlt_service: 'frei0r.vsdeblur'
    qml: 'ui.qml'
}
