"""The real names, places and everyday words the generated world is made of."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """
    Maria Liam Emma Noah Olivia Ava Sofia Mia Lucas Ethan Anna Peter Paul John Mary James Linda
    Robert Laura David Sarah Karen Lisa Nancy Mark Steven Kevin Brian George Edward Ronald Tim
    Jason Jeff Ryan Jacob Gary Nick Eric Jonathan Stephen Larry Justin Scott Brandon Ben Sam Frank
    Greg Ray Alex Patrick Jack Dennis Jerry Tyler Aaron Jose Adam Nathan Henry Zach Kyle Walter
    Carl Jeremy Keith Roger Terry Sean Austin Noel Arthur Jesse Dylan Bryan Joe Billy Bruce Albert
    Willie Gabriel Logan Alan Juan Wayne Roy Ralph Randy Eugene Vincent Russell Louis Philip Bobby
    Johnny Bradley Ada Alice Amber Amy Angela Ann Ashley Barbara Betty Beth Brenda Carol Carla
    Cheryl Chloe Clara Cora Cynthia Daisy Dana Deborah Diana Donna Doris Edith Elena Ella Ellen
    Elsa Erica Esther Eva Evelyn Faith Fiona Flora Frida Gina Gloria Grace Greta Hanna Hazel
    Heather Heidi Helen Ida Ingrid Irene Iris Isla Ivy Jane Janet Jenny Jill Joan Joyce Judy Julia
    June Kate Kathy Kim Klara Kira Lara Lea Lena Lily Lola Lucy Luna Lydia Mabel Maya Megan Mila
    Mona Nadia Nina Nora Olga Pam Paula Petra Rita Rosa Rose Ruby Ruth Sally Sandra Sara Selma
    Sonia Stella Susan Tara Tessa Tina Uma Vera Viola Wanda Wendy Yara Yuki Zara Zoe Ahmed Ali
    Amir Anders Andrei Antonio Arjun Axel Bela Bjorn Boris Bruno Carlos Chen Dario Diego Dmitri
    Elias Emil Enzo Erik Fabian Felix Fritz Giorgio Goran Hans Hassan Hiro Hugo Igor Ivan Jan
    Javier Jorge Kai Karl Kenji Klaus Kofi Lars Leo Lorenzo Luca Luis Magnus Manuel Marco Mario
    Mateo Max Mehmet Miguel Milo Mohamed Nico Nils Omar Oscar Otto Pablo Pavel Pedro Rafael Raj
    Ravi Ricardo Rolf Samir Santiago Sergei Stefan Sven Tariq Theo Thomas Tomas Umar Viktor Wei
    Yusuf Zoran
    """
)

SURNAMES = _words(
    """
    Smith Johnson Brown Jones Garcia Miller Davis Lopez Wilson Anderson Taylor Moore Jackson
    Martin Lee Perez Thompson White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen
    King Wright Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell
    Carter Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart
    Morris Morales Murphy Cook Rogers Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos Cox
    Ward Richardson Watson Brooks Chavez Wood Bennett Gray Mendoza Ruiz Hughes Price Alvarez
    Castillo Sanders Patel Myers Long Ross Foster Novak Kovacs Popov Ivanov Schmidt Weber Fischer
    Wagner Becker Hoffmann Rossi Russo Ferrari Esposito Bianchi Dubois Moreau Laurent Larsson
    Hansen Olsen Jensen Nielsen Virtanen Korhonen Kowalski Nowak Silva Santos Oliveira Costa
    Tanaka Suzuki Sato Kim Park Choi Wang Zhang Singh Kumar Khan Okafor Mensah Diallo Haddad
    Yilmaz Demir O'Brien O'Connor McDonald D'Angelo Müller Núñez Sørensen
    """
)

_CITIES = {
    "USA": (
        "New York, Los Angeles, Chicago, Houston, Phoenix, Philadelphia, San Antonio, San "
        "Diego, Dallas, San Jose, Austin, Columbus, Charlotte, San Francisco, Indianapolis, "
        "Seattle, Denver, Washington, Boston, El Paso, Nashville, Detroit, Portland, Las "
        "Vegas, Memphis, Louisville, Baltimore, Milwaukee, Albuquerque, Tucson, Fresno, "
        "Sacramento, Kansas City, Mesa, Atlanta, Omaha, Colorado Springs, Raleigh, Miami, "
        "Long Beach, Virginia Beach, Oakland, Minneapolis, Tulsa, Tampa, Arlington, New "
        "Orleans, Wichita, Cleveland, Bakersfield, Aurora, Anaheim, Honolulu, Santa Ana, "
        "Riverside, Corpus Christi, Lexington, Stockton, Saint Paul, Cincinnati, Pittsburgh, "
        "Greensboro, Anchorage, Plano, Lincoln, Orlando, Irvine, Newark, Toledo, Durham, "
        "Jersey City, Chandler, Buffalo, Madison, Lubbock, Scottsdale, Reno, Glendale, "
        "Norfolk, Boise, Richmond, Spokane, Tacoma, Sunnyvale, Salt Lake City, Fargo, "
        "Savannah, Topeka"
    ),
    "Canada": (
        "Toronto, Montreal, Vancouver, Calgary, Ottawa, Edmonton, Winnipeg, Quebec, Halifax, Regina"
    ),
    "UK": (
        "London, Manchester, Liverpool, Leeds, Bristol, Glasgow, Edinburgh, Cardiff, Belfast, "
        "Oxford, York, Bath, Brighton"
    ),
    "France": (
        "Paris, Lyon, Marseille, Nice, Lille, Bordeaux, Nantes, Toulouse, Strasbourg, Rennes, "
        "Dijon, Metz"
    ),
    "Germany": (
        "Berlin, Hamburg, Munich, Cologne, Frankfurt, Stuttgart, Leipzig, Dresden, Bremen, "
        "Hanover, Bonn, Mainz, Essen"
    ),
    "Spain": (
        "Madrid, Barcelona, Valencia, Seville, Malaga, Bilbao, Granada, Toledo, Vigo, Murcia, "
        "Zaragoza"
    ),
    "Italy": (
        "Rome, Milan, Naples, Turin, Florence, Venice, Verona, Bologna, Genoa, Pisa, Palermo, "
        "Siena, Bari"
    ),
    "Norway": "Oslo, Bergen, Trondheim, Stavanger, Bodo, Alta, Narvik, Drammen, Molde",
    "Sweden": "Stockholm, Gothenburg, Malmö, Uppsala, Lund, Umea, Kiruna, Visby",
    "Finland": "Helsinki, Tampere, Turku, Oulu, Vaasa, Kuopio, Lahti",
    "Denmark": "Copenhagen, Aarhus, Odense, Aalborg, Ribe",
    "Poland": "Warsaw, Krakow, Gdansk, Poznan, Lodz, Lublin, Torun, Wroclaw",
    "Portugal": "Lisbon, Porto, Braga, Faro, Coimbra, Evora",
    "Austria": "Vienna, Graz, Linz, Salzburg, Innsbruck",
    "Switzerland": "Zürich, Geneva, Basel, Bern, Lugano, Lucerne",
    "Japan": "Tokyo, Osaka, Kyoto, Nagoya, Sapporo, Kobe, Fukuoka, Sendai, Nara, Hiroshima",
    "China": "Beijing, Shanghai, Shenzhen, Wuhan, Chengdu, Xian, Hangzhou, Nanjing",
    "India": "Mumbai, Delhi, Chennai, Kolkata, Pune, Jaipur, Hyderabad, Surat, Agra",
    "Brazil": "São Paulo, Rio de Janeiro, Salvador, Recife, Brasilia, Manaus, Natal",
    "Mexico": "Mexico City, Guadalajara, Monterrey, Puebla, Tijuana, Cancun, Merida",
    "Argentina": "Buenos Aires, Cordoba, Rosario, Mendoza, Salta",
    "Chile": "Santiago, Valparaiso, Arica, Temuco",
    "Egypt": "Cairo, Alexandria, Giza, Luxor, Aswan",
    "Kenya": "Nairobi, Mombasa, Kisumu, Nakuru",
    "Nigeria": "Lagos, Abuja, Kano, Ibadan",
    "Ghana": "Accra, Kumasi, Tamale",
    "Turkey": "Istanbul, Ankara, Izmir, Bursa, Antalya",
    "Greece": "Athens, Patras, Sparta, Corfu, Thessaloniki",
    "Australia": "Sydney, Melbourne, Perth, Brisbane, Adelaide, Hobart, Darwin, Cairns",
    "Iceland": "Reykjavik, Akureyri, Husavik",
    "Ireland": "Dublin, Cork, Galway, Limerick",
    "Korea": "Seoul, Busan, Incheon, Daegu",
    "Peru": "Lima, Cusco, Arequipa",
    "Thailand": "Bangkok, Phuket, Chiang Mai, Pattaya",
    "Vietnam": "Hanoi, Hue, Da Nang, Saigon",
    "Morocco": "Rabat, Fez, Marrakesh, Casablanca, Tangier",
    "Hungary": "Budapest, Szeged, Pecs, Debrecen",
    "Serbia": "Belgrade, Novi Sad, Nis",
    "Cuba": "Havana, Trinidad, Holguin",
}

PLACES: tuple[tuple[str, str], ...] = tuple(
    (city, country) for country, cities in _CITIES.items() for city in cities.split(", ")
)
"""Every (city, country) pair; a city may be several words."""

COUNTRIES = tuple(_CITIES)

CITY_PREFIXES = _words("San New Port Saint North South Fort Los El Santa Old West East")
CITY_SUFFIXES = _words("City Springs Beach Bay Falls Park Hills Lake")
CODE_SHAPES = _words(
    """
    A9-99 1999 19999 AA999 A999 199 AA-99 999-999 1.99 a9a9 AAA AAA-1 #999 A9A9A9 19.9 AA_99 a99
    9a9a 199999 A/99 AA-999-A aaa-99 99-99-99 AAAA99
    """
)
"""Identifiers: A and a stand for a letter, 9 for a figure, 1 for a figure other than zero."""

COLORS = _words(
    """
    red blue green yellow black white brown pink gray orange purple
    """
)

THINGS = _words(
    """
    ball bell bike boat book bottle bowl box bread brush bucket cake camera candle cap card chair
    clock coat coin comb cup desk doll door drum fan flag flute fork glass glove guitar hammer hat
    jar kettle key kite knife lamp letter lock map mask mirror mug nail needle net pan paper pear
    pen pencil phone picture pillow pipe plate pot radio ring rope ruler sail scarf shell ship
    shirt shoe soap sock spoon stamp stick stone sword table ticket tie torch towel toy tray truck
    vase wallet watch wheel whistle window
    """
)

ANIMALS = _words(
    """
    cat dog horse cow pig sheep goat duck hen bird fish frog fox wolf bear lion tiger mouse rabbit
    bee
    """
)

FOODS = _words(
    """
    bread cheese rice soup pizza pasta salad cake honey milk tea coffee juice butter jam corn
    beans meat pie
    """
)

JOBS = _words(
    """
    baker doctor farmer nurse pilot teacher driver painter singer writer cook sailor judge waiter
    lawyer dentist gardener tailor plumber clerk
    """
)

FIELD_NAMES = _words(
    """
    name city age color item price size date code id title country email phone team product amount
    total order status type level owner place day month year price count note tag label user
    customer author rank score room
    """
)

WEEKDAYS = _words(
    """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday
    """
)

MONTHS = _words(
    """
    January February March April May June July August September October November December
    """
)
