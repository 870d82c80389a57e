import QtQuick 2.12
import QtQuick.Controls 2.12
import QtQuick.Layouts 1.12
import Shotcut.Controls 1.0 as Shotcut

Item {
    property var models: $models
    property var sizes: ['auto', '0', '256', '512']
    property bool isSetting: false

    function setControls() {
        isSetting = true;
        model.currentIndex = models.indexOf(filter.get('model'));
        strength.value = filter.getDouble('strength');
        tileSize.currentIndex = sizes.indexOf(filter.get('tilesize'));
        isSetting = false;
    }

    function change(name, value) {
        if (!isSetting)
            filter.set(name, value);
    }

    width: 350
    height: 150
    Component.onCompleted: {
        if (filter.isNew) {
            filter.set('model', '$default');
            filter.set('strength', '1');
            filter.set('tilesize', 'auto');
            filter.savePreset(preset.parameters);
        }
        setControls();
    }

    GridLayout {
        anchors.fill: parent
        anchors.margins: 8
        columns: 3

        Label {
            text: 'Preset'
            Layout.alignment: Qt.AlignRight
        }

        Shotcut.Preset {
            id: preset

            parameters: ['model', 'strength', 'tilesize']
            Layout.columnSpan: 2
            onPresetSelected: setControls()
        }

        Label {
            text: 'Model'
            Layout.alignment: Qt.AlignRight
        }

        Shotcut.ComboBox {
            id: model

            model: models
            Layout.columnSpan: 2
            onActivated: change('model', models[index])
        }

        Label {
            text: 'Strength'
            Layout.alignment: Qt.AlignRight
        }

        Shotcut.SliderSpinner {
            id: strength

            minimumValue: 0
            maximumValue: 4
            stepSize: 0.05
            decimals: 2
            onValueChanged: change('strength', value.toFixed(2))
        }

        Shotcut.UndoButton {
            onClicked: strength.value = 1
        }

        Label {
            text: 'Tile size'
            Layout.alignment: Qt.AlignRight
        }

        Shotcut.ComboBox {
            id: tileSize

            model: ['Automatic', 'Whole frame', '256', '512']
            Layout.columnSpan: 2
            onActivated: change('tilesize', sizes[index])
        }

        Item {
            Layout.fillHeight: true
        }
    }

    Connections {
        function onChanged() {
            setControls();
        }

        target: filter
    }
}
