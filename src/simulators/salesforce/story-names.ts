// Invented people and companies of many places. Addresses use reserved names only (RFC 2606), telephones the ranges kept
// for fiction: +1 NNN 555 01xx (NANPA) and 07700 900xxx (Ofcom).

/** First names and last names of one place, and how its companies are called. */
export interface Place {
  readonly country: string;
  readonly cities: readonly string[];
  readonly first: readonly string[];
  readonly last: readonly string[];
  readonly firms: readonly string[];
  readonly suffixes: readonly string[];
}

const words = (text: string): string[] => text.split("|");

export const PLACES: readonly Place[] = [
  {
    country: "United States",
    cities: words("Portland|Duluth|Tucson|Raleigh|Boise"),
    first: words("John|Maria|Tyrell|Grace|Wyatt|Imani|Joshua|Abigail|D'Angelo|Mary-Jo|Kai|Luz"),
    last: words("Smith|O'Neill|Washington|Begay|McAllister|Van Buren|Kowalski|Johnson Jr.|Tran|Freeman"),
    firms: words("Bluestem|Granite Fork|Cedar & Vale|Prairie Signal|Ironwood|Two Rivers|Lakeshore"),
    suffixes: words("Inc.|LLC|Manufacturing|Logistics|Foods|& Sons"),
  },
  {
    country: "United Kingdom",
    cities: words("Leeds|Cardiff|Dundee|Norwich"),
    first: words("Siân|Callum|Priya|Oluwaseun|Hamish|Zoë|Niamh|Ffion"),
    last: words("Llewellyn|MacLeod|Patel|Adebayo|Featherstonehaugh|Ní Bhriain|Okafor|Hughes-Jones"),
    firms: words("Thistle Marine|Penrose|Harrow Mills|Saltaire|Brackenfell"),
    suffixes: words("Ltd|plc|Holdings|Works"),
  },
  {
    country: "Germany",
    cities: words("Tübingen|Görlitz|Kiel|Würzburg"),
    first: words("Jürgen|Käthe|Sören|Änne|Björn|Ayşe"),
    last: words("Müller|Weiß|Schröder-Lüdenscheid|von der Heide|Groß|Özdemir"),
    firms: words("Schwarzwald Präzision|Nordlicht|Mühlbach|Hansa Förder"),
    suffixes: words("GmbH|AG|GmbH & Co. KG"),
  },
  {
    country: "France",
    cities: words("Nîmes|Besançon|Brest|Béziers"),
    first: words("François|Zoé|Anaïs|Loïc|Océane|Noël"),
    last: words("Lefèvre|D'Aubigné|Garçon|Bérénger|Nguyễn"),
    firms: words("Ateliers du Léman|Forêt Bleue|Mécanique Saône"),
    suffixes: words("SARL|SAS|S.A."),
  },
  {
    country: "Poland",
    cities: words("Łódź|Kraków|Gdańsk"),
    first: words("Łukasz|Małgorzata|Zbigniew|Świętosława"),
    last: words("Wiśniewski|Żółkiewska|Brzęczyszczykiewicz|Gołąb"),
    firms: words("Wisła Maszyny|Bursztyn|Śląsk Robotyka"),
    suffixes: words("sp. z o.o.|S.A."),
  },
  {
    country: "Brazil",
    cities: words("São Luís|Florianópolis|Goiânia"),
    first: words("João|Conceição|Antônio|Iracema"),
    last: words("Gonçalves|da Conceição|Araújo|dos Santos Filho"),
    firms: words("Ipê Automação|Pampa Grãos|Jangada"),
    suffixes: words("Ltda|S/A"),
  },
  {
    country: "Japan",
    cities: words("Sendai|Kanazawa|松本市"),
    first: words("翔太|さくら|Haruki|美咲|健"),
    last: words("佐藤|髙橋|Watanabe|小鳥遊|渡邉"),
    firms: words("ひばり精機|Asagao Kiki|東雲ロボティクス"),
    suffixes: words("株式会社|K.K."),
  },
  {
    country: "China",
    cities: words("Ningbo|成都|Xiamen"),
    first: words("伟|秀英|Xiaoming|雨桐|国强"),
    last: words("王|欧阳|Zhang|诸葛|陈"),
    firms: words("云雀机器人|Dongfang Yunque|海棠科技"),
    suffixes: words("有限公司|Co., Ltd."),
  },
  {
    country: "Egypt",
    cities: words("أسوان|Alexandria|المنصورة"),
    first: words("محمد|فاطمة|Youssef|مريم|عبد الرحمن"),
    last: words("السيد|El-Sayed|حسن|بن عبد العزيز"),
    firms: words("شركة القبرة للصناعة|Nile Lark Industries|الدلتا للأتمتة"),
    suffixes: words("ش.م.م|S.A.E."),
  },
  {
    country: "Israel",
    cities: words("חיפה|Be'er Sheva"),
    first: words("נועה|Yael|דוד|אורי"),
    last: words("כהן|Ben-Ami|לוי|מזרחי"),
    firms: words("עפרוני רובוטיקה|Negev Works"),
    suffixes: words('בע"מ|Ltd.'),
  },
  {
    country: "India",
    cities: words("Pune|Kochi|इंदौर"),
    first: words("Ananya|अर्जुन|Lakshmi|Venkatanarasimharajuvaripeta|Harpreet"),
    last: words("Iyer|शर्मा|Singh|Subramaniam|D'Souza"),
    firms: words("Koel Precision|Sahyadri Motors|कोकिला उद्योग"),
    suffixes: words("Pvt. Ltd.|Limited"),
  },
  {
    country: "Nigeria",
    cities: words("Ìbàdàn|Enugu|Kano"),
    first: words("Chukwuemeka|Olúfẹ́mi|Amina|Ngozi"),
    last: words("Okonkwo|Adéyẹmí|Bello|Nwachukwu"),
    firms: words("Àṣà Systems|Harmattan Freight|Oguta Foods"),
    suffixes: words("Ltd|Nig. Ltd."),
  },
  {
    country: "Iceland",
    cities: words("Ísafjörður|Akureyri"),
    first: words("Þórður|Guðrún|Sigríður"),
    last: words("Jónsdóttir|Þorsteinsson|Ægisson"),
    firms: words("Lævirki Róbótar|Fjörður"),
    suffixes: words("ehf.|hf."),
  },
  {
    country: "United States",
    cities: words("Kailua|Lānaʻi City"),
    first: words("Kaʻiulani|Makoa"),
    last: words("Kealoha|Nāone|X"),
    firms: words("ʻŌlapa Surf 🏄|Mauka Solar ☀️"),
    suffixes: words("LLC|Co"),
  },
];

export const TITLES = words(
  "Plant Manager|Head of Operations|CEO|VP Supply Chain|Buyer|Maintenance Lead|Chief Robot Officer 🤖|Ingénieure méthodes|Owner|Procurement / Einkauf|Dir.  Ops|Automation Engineer",
);

export const DESCRIPTIONS = words(
  'Saw the picking arm at the fair; wants a quote for two cells.|Asked for a call back after the budget round.|Line 3 is still manual.\nSecond shift from May.|Prefers e-mail. "No calls before 10", she said.|Évalue trois fournisseurs ; décision en septembre.|已有旧型号，考虑升级。|Met at the webinar 👋 — follow up.',
);

export const SUBJECTS = words(
  "Call|Send quote|Demo follow-up|Site visit|Contract review|Send data sheet|Introduce engineer",
);
